/**
 * @file The README's pictures of the workbench:
 *
 *     npm run workbench:build && npx node scripts/workbench-pictures.ts
 */

import { fileURLToPath } from "node:url";
import { serveWorkbench } from "../src/cli/workbench-server.ts";
import { launchChromium } from "../test/browser/chromium.ts";
import { settled } from "../test/workbench/bench-page.ts";

const folder = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const server = await serveWorkbench(
  { pages: folder("dist/workbench"), models: folder("models") },
  0,
);
const browser = await launchChromium();
for (const colorScheme of ["light", "dark"] as const) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 960 }, colorScheme });
  await page.goto(server.url);
  // Once a patch is known it can be kept on, and every view shows what it does.
  await page.getByRole("button", { name: /^Patch z of L0H2: −?\.?\d/ }).click();
  await page.getByRole("button", { name: /^Remove .*L0H2/ }).waitFor();
  await settled(page);
  await page.evaluate(() => scrollTo(0, 0)); // the click may have gone further down
  const path = `docs/workbench-${colorScheme}.png`;
  await page.screenshot({ path });
  await page.close();
  console.log(`wrote ${path}`);
}
await browser.close();
await server.close();
