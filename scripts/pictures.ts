/**
 * @file The README's pictures, of a report that `lookback reproduce --verdict` has written:
 *
 *     npm run reproduce -- --verdict && npx node scripts/pictures.ts lookback-report/report.html
 */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { launchChromium } from "../test/browser/chromium.ts";

const report = process.argv[2];
if (report === undefined) {
  console.error("npx node scripts/pictures.ts <report.html>");
  process.exit(2);
}

/** A window on a page, centred on a figure; or the pictures of a figure alone. */
const PICTURES = [
  { file: "docs/report-light.png", colorScheme: "light", figure: "figure-5", whole: true },
  { file: "docs/report-dark.png", colorScheme: "dark", figure: "figure-3", whole: true },
  { file: "docs/circuit-light.png", colorScheme: "light", figure: "figure-v8", whole: false },
  { file: "docs/circuit-dark.png", colorScheme: "dark", figure: "figure-v8", whole: false },
] as const;

const browser = await launchChromium();
for (const { file, colorScheme, figure, whole } of PICTURES) {
  const page = await browser.newPage({ viewport: { width: 1080, height: 820 }, colorScheme });
  await page.goto(pathToFileURL(resolve(report)).href);
  const found = page.locator(`#${figure}`);
  if (whole) {
    await found.evaluate((element) =>
      element.scrollIntoView({ block: "center", behavior: "instant" }),
    );
    await page.screenshot({ path: file });
  } else {
    await found.locator(".pictures").screenshot({ path: file });
  }
  await page.close();
  console.log(`wrote ${file}`);
}
await browser.close();
