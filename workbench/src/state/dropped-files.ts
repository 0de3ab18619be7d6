/** @file The files of a drop, those in a dropped folder included. */

/** What a drop holds, one folder deep. */
export async function droppedFiles(transfer: DataTransfer | null): Promise<File[]> {
  // Entries must be taken before the event is over.
  const items = [...(transfer?.items ?? [])];
  const entries = items.map((item) => item.webkitGetAsEntry?.() ?? null);
  const loose = [...(transfer?.files ?? [])];
  const folders = entries.filter((entry) => entry?.isDirectory) as FileSystemDirectoryEntry[];
  if (folders.length === 0) return loose;
  const inside = await Promise.all(folders.map(filesOf));
  return inside.flat();
}

async function filesOf(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const reader = folder.createReader();
  const files: File[] = [];
  // A reader gives its entries in portions, the last of which is empty.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (entries.length === 0) return files;
    for (const entry of entries) {
      if (!entry.isFile) continue;
      files.push(
        await new Promise<File>((resolve, reject) => {
          (entry as FileSystemFileEntry).file(resolve, reject);
        }),
      );
    }
  }
}
