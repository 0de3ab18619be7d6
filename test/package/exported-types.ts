/** @file Which types the declarations of the built package name, and from where they can be imported. */

import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { parseAst } from "vite";

/** A node of the syntax tree of a file of declarations, as far as it is looked at here. */
interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A declaration by its file and its name there. */
interface Place {
  readonly file: string;
  readonly name: string;
}

/** What a file declares, and what it has from elsewhere. */
interface Declarations {
  readonly own: ReadonlyMap<string, readonly Node[]>;
  readonly imported: ReadonlyMap<string, Place>;
  /** By the name that it is exported under. */
  readonly passedOn: ReadonlyMap<string, Place>;
  readonly allPassedOn: readonly string[];
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string";

const nodes = (value: unknown): Node[] => (Array.isArray(value) ? value.filter(isNode) : []);

const nameOf = (value: unknown): string =>
  String((value as { name?: unknown; value?: unknown } | null)?.name ?? (value as Node)?.value);

/** The file of declarations behind an import; undefined for packages. */
function targetOf(file: string, source: unknown): string | undefined {
  const path = String((source as Node | null)?.value);
  if (!path.startsWith(".")) return undefined;
  return join(dirname(file), path.replace(/\.[jt]s$/, ".d.ts"));
}

/** The names that a statement declares. */
function declaredNames(declaration: Node): string[] {
  if (declaration.type !== "VariableDeclaration") return [nameOf(declaration.id)];
  return nodes(declaration.declarations).map(({ id }) => nameOf(id));
}

const parsed = new Map<string, Declarations>();

function declarationsOf(file: string): Declarations {
  const known = parsed.get(file);
  if (known !== undefined) return known;
  const own = new Map<string, Node[]>();
  const imported = new Map<string, Place>();
  const passedOn = new Map<string, Place>();
  const allPassedOn: string[] = [];
  const tree = parseAst(readFileSync(file, "utf8"), { lang: "dts" }) as unknown as Node;
  for (const statement of nodes(tree.body)) {
    const from = targetOf(file, statement.source);
    if (statement.type === "ImportDeclaration") {
      if (from === undefined) continue;
      for (const each of nodes(statement.specifiers)) {
        imported.set(nameOf(each.local), { file: from, name: nameOf(each.imported) });
      }
    } else if (statement.type === "ExportAllDeclaration") {
      if (from !== undefined) allPassedOn.push(from);
    } else {
      const declaration = isNode(statement.declaration) ? statement.declaration : undefined;
      for (const each of nodes(statement.specifiers)) {
        const local = nameOf(each.local);
        const place = from === undefined ? imported.get(local) : { file: from, name: local };
        passedOn.set(nameOf(each.exported), place ?? { file, name: local });
      }
      const declared = declaration ?? (statement.specifiers === undefined ? statement : undefined);
      if (declared === undefined || statement.type === "ExpressionStatement") continue;
      for (const name of declaredNames(declared)) {
        own.set(name, [...(own.get(name) ?? []), declared]);
      }
    }
  }
  const declarations = { own, imported, passedOn, allPassedOn };
  parsed.set(file, declarations);
  return declarations;
}

/** Where a name of a file is declared, however often it was passed on. */
function resolved({ file, name }: Place): Place {
  const { own, passedOn } = declarationsOf(file);
  const next = own.has(name) ? undefined : passedOn.get(name);
  return next === undefined ? { file, name } : resolved(next);
}

/** What an entry of the package exports. */
function exportsOf(entry: string): Place[] {
  const { passedOn, allPassedOn, own } = declarationsOf(entry);
  return [
    ...[...passedOn.values()].map(resolved),
    ...[...own.keys()].map((name) => ({ file: entry, name })),
    ...allPassedOn.flatMap(exportsOf),
  ];
}

/** The names of types in a declaration, but for its own parameters of type. */
function* typeNames(node: Node, parameters: ReadonlySet<string>): Generator<string> {
  const own = nodes((node.typeParameters as Node | null)?.params).map(({ name }) => nameOf(name));
  const inner = own.length === 0 ? parameters : new Set([...parameters, ...own]);
  const named =
    node.type === "TSTypeReference" ? node.typeName
    : node.type === "TSInterfaceHeritage" || node.type === "TSClassImplements" ? node.expression
    : node.type === "ClassDeclaration" ? node.superClass
    : undefined; // biome-ignore format: one line a kind
  if (isNode(named) && named.type === "Identifier" && !inner.has(nameOf(named))) {
    yield nameOf(named);
  }
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) yield* typeNames(child, inner);
    }
  }
}

/**
 * Types that the exported declarations of some entries name and that none of the entries exports, as
 * `Type (file), of Declaration`.
 *
 * @param dist the folder of the built package.
 * @param entries files of declarations in it.
 */
export function typesNotExported(dist: string, entries: readonly string[]): string[] {
  const keyOf = ({ file, name }: Place) => `${relative(dist, file)} ${name}`;
  const places = entries.flatMap((entry) => exportsOf(join(dist, entry)));
  const exported = new Set(places.map(keyOf));
  const missing = new Map<string, string>();
  for (const { file, name } of places) {
    const { own, imported } = declarationsOf(file);
    for (const declaration of own.get(name) ?? []) {
      for (const type of typeNames(declaration, new Set())) {
        const place = own.has(type) ? { file, name: type } : imported.get(type);
        if (place === undefined) continue; // of the language, or of another package
        const key = keyOf(resolved(place));
        if (!exported.has(key) && !missing.has(key)) missing.set(key, name);
      }
    }
  }
  return [...missing]
    .map(([key, of]) => `${key.split(" ")[1]} (${key.split(" ")[0]}), of ${of}`)
    .sort();
}
