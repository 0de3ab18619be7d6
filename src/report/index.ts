/** @file From a result to what people read: a terminal's table, a page, files of numbers. */

export type { Provenance } from "./appendix.ts";
export { csvFiles } from "./csv/csv.ts";
export type { CsvName } from "./csv/table.ts";
export { developmentFiles } from "./development/files.ts";
export { type DevelopmentProvenance, renderDevelopment } from "./development/html.ts";
export { renderDevelopmentText } from "./development/terminal.ts";
export { type ReportFiles, reportFiles } from "./files.ts";
export { renderReport } from "./html.ts";
export {
  type Palette,
  PLAIN,
  renderHeading,
  renderResult,
  renderTable,
  renderVerdict,
  rowInWords,
  type TableOptions,
} from "./terminal.ts";
export { verdictCsvFiles } from "./verdict/csv.ts";
export type { VerdictCsvName } from "./verdict/csv-name.ts";
export { verdictFiles } from "./verdict/files.ts";
export { renderVerdict as renderVerdictPage } from "./verdict/html.ts";
export { renderVerdictText } from "./verdict/terminal.ts";
