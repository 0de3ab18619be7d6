/** @file The files of a drop, those in dropped folders included, as deep as models lie in a training run. */

import { CHECKPOINTS } from "../runs/run.ts";

/** A folder within what was dropped, and the files in it. */
export interface DroppedFolder {
  readonly name: string;
  /** The folder between the dropped one and this; null where it lies in that itself. */
  readonly parent: string | null;
  readonly files: readonly File[];
}

/** Files that may be a model, or a run. */
export interface Dropped {
  readonly files: readonly File[];
  /** The folder that was dropped, if it was a single one. */
  readonly folder: string | null;
  /** The folders in it, where it is no model itself; and those in its `checkpoints`. */
  readonly folders: readonly DroppedFolder[];
}

/** Folders in a folder that are looked into: more are no run. */
const MOST_FOLDERS = 500;

/** Whether something that is dragged over the page is files: text is left to the fields of the page. */
export function holdsFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes("Files") ?? false;
}

/** What a drop holds. What cannot be read is left out. */
export async function droppedFiles(transfer: DataTransfer | null): Promise<Dropped> {
  // Entries and files must be taken before the event is over.
  const items = [...(transfer?.items ?? [])].filter(({ kind }) => kind === "file");
  const taken = items.map((item) => ({
    entry: item.webkitGetAsEntry?.() ?? null,
    file: item.getAsFile(),
  }));
  const dropped = taken.flatMap(({ entry }) =>
    entry?.isDirectory ? [entry as FileSystemDirectoryEntry] : [],
  );
  const loose = taken.flatMap(({ entry, file }) =>
    file === null || entry?.isDirectory ? [] : [file],
  );
  const inside = await Promise.all(dropped.map(contentOf));
  const files = [...loose, ...inside.flatMap((content) => content.files)];
  const [folder, ...others] = dropped;
  if (folder === undefined || others.length > 0 || loose.length > 0) {
    return { files, folder: null, folders: [] };
  }
  const isModel = files.some(({ name }) => name === "config.json");
  const folders = isModel ? [] : await foldersOf(inside[0]?.folders ?? []);
  return { files, folder: folder.name, folders };
}

/** A file and where it lies. */
export interface PathedFile {
  /** From the outermost on, within the folder that was given. */
  readonly folders: readonly string[];
  readonly file: File;
}

/** What the browser's own picker of folders gives, which names each file by its path. */
export function pickedFolder(picked: readonly File[]): Dropped {
  const files = picked.map((file) => ({ file, path: file.webkitRelativePath.split("/") }));
  return sortedIntoFolders(
    files[0]?.path[0] ?? null,
    files.map(({ file, path }) => ({ file, folders: path.slice(1, -1) })),
  );
}

/** Files of a folder as a drop of it gives them: its own, and those of the folders that may be models. */
export function sortedIntoFolders(folder: string | null, given: readonly PathedFile[]): Dropped {
  const files: File[] = [];
  const folders = new Map<string, DroppedFolder & { readonly files: File[] }>();
  for (const { folders: path, file } of given) {
    const [name, second, ...deeper] = path;
    const isCheckpoint = name === CHECKPOINTS && second !== undefined;
    if (name === undefined) files.push(file);
    else if (deeper.length === 0 && (isCheckpoint || second === undefined)) {
      const key = isCheckpoint ? `${name}/${second}` : name;
      const [own, parent] = isCheckpoint ? [second, name] : [name, null];
      const known = folders.get(key) ?? { name: own, parent, files: [] };
      known.files.push(file);
      folders.set(key, known);
    }
  }
  return { files, folder, folders: [...folders.values()] };
}

interface FolderContent {
  readonly files: File[];
  readonly folders: FileSystemDirectoryEntry[];
}

/** The folders that may be models: those in `checkpoints`, where there is one. */
async function foldersOf(entries: readonly FileSystemDirectoryEntry[]): Promise<DroppedFolder[]> {
  const checkpoints = entries.find(({ name }) => name === CHECKPOINTS);
  const parent = checkpoints === undefined ? null : CHECKPOINTS;
  const candidates = checkpoints === undefined ? entries : (await contentOf(checkpoints)).folders;
  return Promise.all(
    candidates.slice(0, MOST_FOLDERS).map(async (entry) => {
      const { files } = await contentOf(entry);
      return { name: entry.name, parent, files };
    }),
  );
}

async function contentOf(folder: FileSystemDirectoryEntry): Promise<FolderContent> {
  const reader = folder.createReader();
  const content: FolderContent = { files: [], folders: [] };
  // A reader gives its entries in portions, the last of which is empty.
  for (;;) {
    const entries = await portionOf(reader);
    if (entries.length === 0) return content;
    for (const entry of entries) {
      if (entry.isFile) content.files.push(...(await fileOf(entry as FileSystemFileEntry)));
      else if (entry.isDirectory) content.folders.push(entry as FileSystemDirectoryEntry);
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
