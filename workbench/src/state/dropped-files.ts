/** @file The files of a drop, those in a dropped folder included. */

/** Files that may be a model. */
export interface Dropped {
  readonly files: readonly File[];
  /** The folder that was dropped, if it was a single one. */
  readonly folder: string | null;
}

/** Whether something that is dragged over the page is files: text is left to the fields of the page. */
export function holdsFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes("Files") ?? false;
}

/** What a drop holds, one folder deep. What cannot be read is left out. */
export async function droppedFiles(transfer: DataTransfer | null): Promise<Dropped> {
  // Entries and files must be taken before the event is over.
  const items = [...(transfer?.items ?? [])].filter(({ kind }) => kind === "file");
  const taken = items.map((item) => ({
    entry: item.webkitGetAsEntry?.() ?? null,
    file: item.getAsFile(),
  }));
  const folders = taken.flatMap(({ entry }) =>
    entry?.isDirectory ? [entry as FileSystemDirectoryEntry] : [],
  );
  const loose = taken.flatMap(({ entry, file }) =>
    file === null || entry?.isDirectory ? [] : [file],
  );
  const inside = await Promise.all(folders.map(filesOf));
  const [folder, ...others] = folders;
  const isOneFolder = others.length === 0 && loose.length === 0;
  return {
    files: [...loose, ...inside.flat()],
    folder: folder !== undefined && isOneFolder ? folder.name : null,
  };
}

async function filesOf(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const reader = folder.createReader();
  const files: File[] = [];
  // A reader gives its entries in portions, the last of which is empty.
  for (;;) {
    const entries = await portionOf(reader);
    if (entries.length === 0) return files;
    for (const entry of entries) {
      if (entry.isFile) files.push(...(await fileOf(entry as FileSystemFileEntry)));
    }
  }
}

function portionOf(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
}

function fileOf(entry: FileSystemFileEntry): Promise<File[]> {
  return new Promise((resolve) =>
    entry.file(
      (file) => resolve([file]),
      () => resolve([]),
    ),
  );
}
