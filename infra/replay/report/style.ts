/** One set of names, two sets of colours, both distinguishable with red-green colour blindness. */
export const STYLE = `
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --ink: #1c2430; --soft: #5b6675; --hair: #dfe3e8;
  --autonomous: #0072b2; --notify: #c77700; --escalate: #b9c0c9; --harm: #c4420c; --ok: #00795c;
  --heldOut: #7a5195; --tier1: #56a0c8; --tier2: #00795c; --tier3: #c77700; --tier4: #c4420c; }
@media (prefers-color-scheme: dark) { :root { --page: #12161c; --card: #1a2029; --ink: #e7ebf0; --soft: #a2adba; --hair: #313b48;
  --autonomous: #5db8f0; --notify: #f0b13c; --escalate: #4a5563; --harm: #ff8660; --ok: #4fd0a5;
  --heldOut: #b48ad0; --tier1: #8fcbe8; --tier2: #4fd0a5; --tier3: #f0b13c; --tier4: #ff8660; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 1640px; margin: 0 auto; padding: 24px 20px 60px; }
h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 20px; margin: 40px 0 2px; } h3 { font-size: 15px; margin: 0; }
p { margin: 2px 0; color: var(--soft); } p.verdict { color: var(--ink); max-width: 110ch; margin: 10px 0; font-size: 16px; }
a { color: var(--autonomous); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 12px; margin: 14px 0; }
.card, figure { background: var(--card); border: 1px solid var(--hair); border-radius: 8px; padding: 12px 14px; }
.card b { display: block; font-size: 20px; font-weight: 600; font-variant-numeric: tabular-nums; }
.card span { color: var(--soft); font-size: 13px; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 520px), 1fr)); gap: 14px; }
.tall { grid-row: span 3; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(250px, 1fr)); gap: 8px; } .pair > div { max-width: 420px; }
figure { margin: 0; min-width: 0; overflow-x: auto; } figcaption p { font-size: 13px; }
svg { display: block; width: 100%; height: auto; margin-top: 6px; overflow: visible; }
.charts > figure > svg { min-width: 560px; }
svg text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: var(--soft); font-variant-numeric: tabular-nums; }
svg text.label { fill: var(--ink); }
.grid { stroke: var(--hair); } .axis { stroke: var(--soft); } .diagonal { stroke: var(--soft); stroke-dasharray: 4 4; }
.epoch { stroke: var(--ok); stroke-width: 1.5; } .epoch.rolledBack { stroke: var(--harm); }
.limit { stroke: var(--soft); stroke-dasharray: 5 4; }
.epoch { stroke: var(--ok); stroke-width: 1.5; } .epoch.rolledBack { stroke: var(--harm); }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; } .area { fill-opacity: .24; stroke: none; } .solid { fill-opacity: 1; }
.line.autonomous, .whisker.autonomous { stroke: var(--autonomous); } .area.autonomous, .dot.autonomous { fill: var(--autonomous); }
.line.notify, .whisker.notify { stroke: var(--notify); } .area.notify, .dot.notify { fill: var(--notify); }
.line.harm { stroke: var(--harm); } .area.escalate { fill: var(--escalate); } .area.heldOut { fill: var(--heldOut); }
.line.tier1 { stroke: var(--tier1); } .line.tier2 { stroke: var(--tier2); } .line.tier3 { stroke: var(--tier3); } .line.tier4 { stroke: var(--tier4); }
 .size { fill: var(--escalate); }
.key { display: inline-flex; align-items: center; gap: 5px; margin-right: 14px; }
.key i { width: 12px; height: 12px; border-radius: 3px; display: inline-block; }
.key i.mark { width: 2px; border-radius: 0; background: var(--ok); }
.key i.dash { height: 0; border-top: 2px dashed var(--soft); border-radius: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px; }
th, td { text-align: right; padding: 5px 10px; border-bottom: 1px solid var(--hair); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; white-space: normal; min-width: 90px; }
.wide ul { margin: 2px 0; padding-left: 18px; font-size: 14px; }
.wide { grid-column: 1 / -1; } th { color: var(--soft); font-weight: 500; }
.good { color: var(--ok); } .bad { color: var(--harm); }
`;
