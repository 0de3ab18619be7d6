/** @file Other programs: one that runs to its end, and one that answers a line of JSON to each it is given. */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Failed } from "./protocol.ts";

/** A program that could not do what it was started for. */
export class ProgramFailed extends Error {
  override readonly name = "ProgramFailed";
}

/** How to start a program. */
export interface Program {
  /** What to call it in messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** On top of this process' own. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

const TAIL_LINES = 15;

/** The end of what a program says: where it says what went wrong. */
class Tail {
  #text = "";

  add(text: string): void {
    this.#text = (this.#text + text).split("\n").slice(-TAIL_LINES).join("\n");
  }

  /** What went wrong, with the program's last words. */
  failure(what: string): ProgramFailed {
    const said = this.#text.trim();
    return new ProgramFailed(said === "" ? what : `${what}:\n${said}`);
  }
}

/** SIGKILL, for a program deep in arithmetic hears nothing else. The program ends with this process. */
function start({ command, args, env, signal }: Program): ChildProcessWithoutNullStreams {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    signal,
    killSignal: "SIGKILL",
  });
  const kill = () => void child.kill("SIGKILL");
  process.on("exit", kill);
  child.on("close", () => process.off("exit", kill));
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8");
  return child;
}

function notStarted({ name, command }: Program, error: Error): ProgramFailed {
  const missing = "code" in error && error.code === "ENOENT";
  return new ProgramFailed(
    missing ? `${name} needs ${command}, which is not there` : `${name}: ${error.message}`,
  );
}

/**
 * Runs a program to its end.
 *
 * @throws ProgramFailed with the last lines of what it said.
 */
export async function runToEnd(program: Program): Promise<void> {
  const child = start(program);
  child.stdin.end();
  const tail = new Tail();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text: string) => tail.add(text));
  }
  const [code] = await once(child, "close").catch((error: Error) => {
    throw notStarted(program, error);
  });
  if (code !== 0) throw tail.failure(`${program.name} failed`);
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A program that reads lines of JSON and answers each with one. */
export class JsonLines {
  readonly #name: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<unknown>;
  readonly #tail = new Tail();
  #waiting: Waiting | undefined;
  #failure: Error | undefined;

  constructor(program: Program) {
    this.#name = program.name;
    this.#child = start(program);
    this.#child.stderr.on("data", (text: string) => this.#tail.add(text));
    this.#child.stdin.on("error", () => {}); // it has ended, which is told below
    this.#child.on("error", (error) => this.#fail(notStarted(program, error)));
    this.#ended = new Promise((resolve) => this.#child.on("close", resolve));
    void this.#ended.then(() => this.#fail(this.#tail.failure(`${program.name} ended early`)));
    createInterface(this.#child.stdout).on("line", (line) => this.#hear(line));
  }

  /**
   * Sends a request and waits for its answer; one at a time.
   *
   * @throws ProgramFailed when the program says that it failed, or ends.
   */
  ask<Answer>(request: unknown): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#waiting = { resolve: resolve as (answer: unknown) => void, reject };
      this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    });
  }

  /** Lets the program end, and waits until it has. */
  async close(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }

  /** Ends the program, whatever it is doing. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #hear(line: string): void {
    let answer: object & Partial<Failed>;
    try {
      answer = JSON.parse(line);
    } catch {
      answer = { error: `answered ${JSON.stringify(line)}, which is not JSON` };
    }
    if (answer.error !== undefined) {
      this.#fail(new ProgramFailed(`${this.#name}: ${answer.error}`));
      return;
    }
    this.#waiting?.resolve(answer);
    this.#waiting = undefined;
  }

  /** The first reason is the true one; those behind it follow from it. */
  #fail(failure: Error): void {
    this.#failure ??= failure;
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
  }
}
