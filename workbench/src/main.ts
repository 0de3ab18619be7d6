/** @file The start of the page. */

import "./style/style.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { keepForOffline } from "./service-worker/register.ts";
import { Bench } from "./state/bench.svelte.ts";
import { Training } from "./training/training.svelte.ts";

const worker = new Worker(new URL("./worker/worker.ts", import.meta.url), { type: "module" });
const bench = new Bench(worker);
const training = new Training(
  () => new Worker(new URL("./training/trainer.ts", import.meta.url), { type: "module" }),
  (run) => bench.runs.put(run),
  (taken) => bench.runs.all.some(({ name }) => name === taken),
);
const target = document.getElementById("app");
if (target === null) throw new Error("the page has no place for the app");
void bench.start();
mount(App, { target, props: { bench, training } });
if (import.meta.env.PROD) void keepForOffline();
