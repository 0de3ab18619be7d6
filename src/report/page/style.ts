/** @file The look of the report: a page of text with wide figures, light and dark. */

import { COLOUR_STYLE } from "../drawing/colour.ts";

const PAGE = `
:root{color-scheme:light dark;--serif:Charter,"Bitstream Charter","Sitka Text",Cambria,Georgia,serif;--sans:system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
:root[data-theme=light]{color-scheme:light}
:root[data-theme=dark]{color-scheme:dark}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:1rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.6 var(--serif)}
a{color:var(--link);overflow-wrap:anywhere}
:focus-visible{outline:2px solid var(--link);outline-offset:3px;border-radius:2px}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.3rem .6rem;z-index:3}
.page{max-width:62rem;margin:0 auto;padding:1rem 1rem 5rem}
header,nav,.abstract,.flow>*{max-width:43rem;margin-inline:auto}
.flow>.flow,.flow>figure{max-width:none}
.flow>.scroll{max-width:100%;width:fit-content}
header{padding-top:1.5rem}
h1,h2,h3{line-height:1.2;font-weight:700;text-wrap:balance}
h1{font-size:clamp(1.7rem,5vw,2.5rem);margin:.2rem 0 .5rem;letter-spacing:-.01em}
h2{font-size:1.5rem;margin-block:3.6rem .8rem;padding-top:1rem;border-top:1px solid var(--line)}
h3{font-size:1.2rem;margin-block:2.6rem .6rem}
p{margin-block:.8rem}
.kicker,.byline{font:500 .9rem/1.5 var(--sans);color:var(--quiet);margin:0;overflow-wrap:anywhere}
.abstract{border-left:3px solid var(--right);padding:.1rem 0 .1rem 1.1rem;margin-block:1.6rem}
.abstract h2{font:600 .95rem/1.4 var(--sans);margin:0;padding:0;border:0}
.abstract p{margin:.4rem 0}
.theme{float:right;font:500 .85rem var(--sans)}
button{font:500 .85rem var(--sans);color:var(--ink);background:var(--raised);border:1px solid var(--line);border-radius:6px;padding:.3rem .7rem;cursor:pointer}
button:hover{border-color:var(--quiet)}
nav{font:400 .92rem/1.5 var(--sans);margin-top:2rem;padding:.9rem 1.1rem;background:var(--raised);border-radius:8px}
nav h2{font:600 .92rem var(--sans);margin:0 0 .4rem;padding:0;border:0}
nav ol{margin:0;padding-left:1.4rem;columns:15rem;column-gap:2rem}
nav li{break-inside:avoid}
nav ol ol{columns:auto;list-style:none;padding-left:.6rem}
nav a{text-decoration:none}
nav a:hover{text-decoration:underline}
.tokens{font:500 .84em/1 var(--sans)}
.token{display:inline-block;padding:.2em .42em;margin:.1em 0;border:1px solid var(--line);border-radius:4px;background:var(--raised)}
.token.right{color:var(--right);border-color:currentColor;font-weight:700}
.token.wrong{color:var(--wrong);border-color:currentColor;font-weight:700}
.token.next{border-style:dashed}
.display{font-size:1.25rem;text-align:center}
.note{font-size:.95rem;background:var(--raised);border-radius:8px;padding:.55rem 1rem;margin-block:1rem}
.note p{margin:0}
.verdict{font:500 .95rem/1.5 var(--sans)}
.good{color:var(--good)}
.bad{color:var(--bad)}
dl.words,dl.facts{font-size:.97rem;margin-block:1.4rem}
dl div{display:grid;grid-template-columns:minmax(7rem,11rem) 1fr;gap:.2rem 1rem;padding:.35rem 0;border-bottom:1px solid var(--line)}
dt{font:600 .92rem/1.6 var(--sans)}
dd{margin:0;min-width:0}
.hash{overflow-wrap:anywhere;font-size:.82rem}
figure{margin-block:2rem 2.4rem}
figure>:not(.pictures){max-width:43rem;margin-inline:auto}
figcaption{font:400 .92rem/1.5 var(--sans);color:var(--quiet);margin-top:.6rem}
figcaption strong{color:var(--ink)}
.pictures{border:1px solid var(--line);border-radius:10px;padding:.9rem}
.panels{display:grid;gap:1rem 1.2rem;align-items:start}
.panels.small{grid-template-columns:repeat(4,minmax(0,1fr));gap:.8rem}
.panels.chart{grid-template-columns:repeat(2,minmax(0,1fr))}
.panels.single{grid-template-columns:minmax(0,30rem);justify-content:center}
.panels svg{width:100%;height:auto;display:block;overflow:visible}
.single+.keys{justify-content:center}
.keys{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;align-items:flex-end;margin-top:.7rem}
.keys svg{max-width:100%;height:auto;flex:none}
svg .at{stroke:var(--ink);stroke-width:1.5;fill-opacity:1;paint-order:normal}
.mask{fill:var(--mask)}
.hatch{stroke:var(--hatch);stroke-width:1;fill:none}
.on-strong{fill:light-dark(#fff,#14171b)}
.on-middling{fill:light-dark(#1b1e22,#14171b)}
.tip{position:fixed;z-index:2;pointer-events:none;background:var(--ink);color:var(--paper);font:500 .82rem/1.35 var(--sans);padding:.3rem .55rem;border-radius:5px;max-width:min(20rem,90vw)}
.tip:empty{padding:0}
details{margin-block:.5rem}
summary{font:500 .9rem var(--sans);color:var(--link);cursor:pointer;width:fit-content}
.downloads{font:400 .88rem var(--sans);color:var(--quiet);margin-block:.5rem}
.downloads[hidden]{display:none}
li{margin-block:.3rem}
nav li{margin-block:0}
.scroll{overflow-x:auto;max-width:100%;margin-block:.8rem}
table{border-collapse:collapse;font:400 .88rem/1.4 var(--sans);font-variant-numeric:tabular-nums}
caption{caption-side:top;text-align:left;color:var(--quiet);padding:.2rem 0 .4rem}
caption span{display:block;position:sticky;left:0;width:fit-content;max-width:min(60rem,calc(100vw - 2.5rem))}
th,td{padding:.28rem .7rem;text-align:right;vertical-align:top;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left;padding-left:0}
thead th{font-weight:600;vertical-align:bottom;border-bottom:1.5px solid var(--quiet);white-space:normal;min-width:3.2rem}
tbody th{font-weight:500}
.interval{color:var(--quiet);font-size:.92em}
.in-words th,.in-words td{text-align:left;white-space:normal}
pre{background:var(--raised);border-radius:8px;padding:.8rem 1rem;overflow-x:auto;font:.85rem/1.5 ui-monospace,Menlo,Consolas,monospace;max-width:100%}
pre.command{white-space:pre-wrap;overflow-wrap:anywhere}
@media (max-width:46rem){
body{font-size:1rem}
.panels.small{grid-template-columns:repeat(2,minmax(0,1fr));gap:.5rem}
.panels.chart{grid-template-columns:minmax(0,1fr)}
.pictures{padding:.5rem;border-radius:8px}
dl div{grid-template-columns:1fr}
}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
@media print{:root{color-scheme:light}.theme,.downloads,nav{display:none}figure{break-inside:avoid}}
`;

/** The whole style sheet. */
export const STYLE = `${COLOUR_STYLE}${PAGE.replaceAll("\n", "")}`;
