#include "integrad/train/report_sections.h"

namespace integrad::report {

std::string_view style() {
  return R"css(
:root { color-scheme: light dark; --page: #f6f7f9; --card: #ffffff; --text: #1c2430;
  --soft: #5b6675; --rule: #dde2e9; --accent: #0b6e99; --good: #1a7f4b; --bad: #b3261e;
  --first: #0b6e99; --second: #d1701c; --third: #2a8f5b; --fourth: #b04a87; --fifth: #8a7a00;
  --sixth: #5a4fcf; --seventh: #7a4a2b; --eighth: #4f5b66; }
@media (prefers-color-scheme: dark) {
  :root { --page: #12161c; --card: #1b212a; --text: #e4e8ee; --soft: #9aa6b5; --rule: #313a47;
    --accent: #5cb8e4; --good: #5ccb93; --bad: #ff8a80; --first: #5cb8e4; --second: #f0a35e;
    --third: #6fd3a0; --fourth: #e58fc2; --fifth: #e0d04a; --sixth: #a79fff; --seventh: #c99a76;
    --eighth: #b4bfca; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.01em; }
h2 { font-size: 1.2rem; margin: 0 0 .3rem; }
p { margin: 0 0 .8rem; }
.lead { font-size: 1.08rem; max-width: 46em; }
.note { color: var(--soft); font-size: .92rem; max-width: 60em; }
section { background: var(--card); border: 1px solid var(--rule); border-radius: 10px;
  padding: 20px 22px; margin-top: 18px; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 14px;
  margin: 18px 0; }
.figure { background: var(--card); border: 1px solid var(--rule); border-radius: 10px;
  padding: 14px 20px; }
.figure b { display: block; font-size: 2rem; line-height: 1.2; letter-spacing: -.02em;
  color: var(--accent); font-variant-numeric: tabular-nums; }
.figure span { color: var(--soft); font-size: .92rem; }
.good, .figure b.good { color: var(--good); }
.bad, .figure b.bad { color: var(--bad); }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.2rem; margin: 0;
  font-size: .95rem; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .42rem .7rem; text-align: right; border-bottom: 1px solid var(--rule);
  white-space: nowrap; }
th { color: var(--soft); font-weight: 600; font-size: .9rem; }
th:first-child, td:first-child, .left { text-align: left; }
tbody tr:last-child td { border-bottom: 0; }
tr.main td { font-weight: 600; }
.row { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px;
  margin-top: 14px; }
.row figure { margin: 0; min-width: 0; }
.row img { width: 100%; height: auto; display: block; border-radius: 6px; background: #000; }
.row img.small { image-rendering: pixelated; }
figcaption { font-size: .85rem; color: var(--soft); padding-top: 3px; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.3rem; font-size: .92rem; }
.legend i { display: inline-block; width: .95em; height: .95em; border-radius: 3px;
  vertical-align: -.1em; margin-right: .45em; border: 1px solid var(--rule); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(290px, 1fr)); gap: 14px;
  margin-top: 10px; }
.plot { width: 100%; height: auto; }
.plot text { font-family: inherit; fill: var(--text); }
.plot .heading { font-size: 15px; font-weight: 600; }
.plot .tick { font-size: 12px; fill: var(--soft); }
.plot .label { font-size: 12.5px; fill: var(--soft); }
.plot .grid { stroke: var(--rule); }
.plot .axis { stroke: var(--soft); }
.plot path { fill: none; stroke-width: 2; stroke-linejoin: round; }
.plot .line0 { stroke: var(--first); }
.plot .line1 { stroke: var(--second); }
.plot .line2 { stroke: var(--third); }
.plot .line3 { stroke: var(--fourth); }
.plot .line4 { stroke: var(--fifth); }
.plot .line5 { stroke: var(--sixth); }
.plot .line6 { stroke: var(--seventh); }
.plot .line7 { stroke: var(--eighth); }
.dot0, i.dot0 { fill: var(--first); background: var(--first); }
.dot1, i.dot1 { fill: var(--second); background: var(--second); }
.dot2, i.dot2 { fill: var(--third); background: var(--third); }
.dot3, i.dot3 { fill: var(--fourth); background: var(--fourth); }
.dot4, i.dot4 { fill: var(--fifth); background: var(--fifth); }
.dot5, i.dot5 { fill: var(--sixth); background: var(--sixth); }
.dot6, i.dot6 { fill: var(--seventh); background: var(--seventh); }
.dot7, i.dot7 { fill: var(--eighth); background: var(--eighth); }
details { margin-top: 10px; }
summary { cursor: pointer; color: var(--accent); }
pre { overflow-x: auto; background: var(--page); border: 1px solid var(--rule); border-radius: 8px;
  padding: 10px 14px; margin: 8px 0 14px; font: .86rem/1.5 ui-monospace, Menlo, Consolas,
  "DejaVu Sans Mono", monospace; }
footer { color: var(--soft); font-size: .88rem; margin-top: 22px; }
@media (max-width: 640px) {
  main { padding: 20px 12px 40px; }
  section { padding: 16px 14px; }
  .row { grid-template-columns: 1fr 1fr; }
  .facts { grid-template-columns: 1fr; }
  .facts dd { margin-bottom: .4rem; }
}
)css";
}

}  // namespace integrad::report
