/** @file What the look of a verdict has beyond that of every page. */

import { LINE_STYLE } from "../drawing/line-looks.ts";

const RULES = `
:root{--unsure:light-dark(#7a5a00,#e6c34a)}
.unsure{color:var(--unsure)}
.predicted{fill:var(--good);fill-opacity:.13}
.badge{display:inline-block;font:600 .8rem/1.3 var(--sans);padding:.15rem .55rem;border:1.5px solid currentColor;border-radius:1rem;white-space:nowrap}
.tally{display:flex;flex-wrap:wrap;gap:.5rem .8rem;margin-block:1rem;padding:0;list-style:none}
.tally .badge{font-size:.95rem;padding:.25rem .8rem}
.claims{list-style:none;margin:0;padding:0}
.claims>li{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,25rem);gap:.4rem 2rem;align-items:start;margin:0;padding:1.1rem .3rem;border-top:1px solid var(--line)}
.claims>li:first-child{border-top:0}
.claims>.alone{grid-template-columns:minmax(0,1fr)}
.claims p{margin-block:.35rem}
.claims .statement{font-weight:700;font-size:1.08rem;line-height:1.35}
.claims .number{color:var(--quiet);font:500 .85rem var(--sans);margin-right:.5rem}
.claims dl{font:400 .88rem/1.45 var(--sans);margin:.5rem 0 0}
.claims dl div{grid-template-columns:5.4rem 1fr;border:0;padding:.12rem 0}
.claims dt{font:500 .88rem/1.45 var(--sans);color:var(--quiet)}
.claims svg{width:100%;height:auto;display:block;overflow:visible}
.panels.wide{grid-template-columns:minmax(0,1fr)}
.stack{display:grid;gap:1rem;align-content:start}
.panels.tiny{grid-template-columns:repeat(5,minmax(0,1fr));gap:.8rem}
.claims-index a{color:inherit;text-decoration-color:var(--other);text-underline-offset:.15em}
.claims-index a:hover{text-decoration-color:currentColor}
td .badge{font-size:.76rem}
@media (max-width:46rem){
.claims>li{grid-template-columns:minmax(0,1fr)}
.claims dl div{grid-template-columns:1fr;gap:0}
.panels.wide{grid-template-columns:minmax(0,1fr)}
.stack{display:grid;gap:1rem;align-content:start}
.panels.tiny{grid-template-columns:repeat(2,minmax(0,1fr));gap:.5rem}
}
`;

/** The rules, for behind those of the page. */
export const VERDICT_STYLE = `${LINE_STYLE}${RULES.replaceAll("\n", "")}`;
