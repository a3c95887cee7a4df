/** Style of a drawing, in the page or in a file of its own. */
export const DRAWING_STYLE = `
svg text { font: 12px system-ui, sans-serif; fill: #1b1f24; }
svg .chart-title { font-size: 14px; font-weight: 600; }
svg .on-dark { fill: #fff; font-size: 14px; }
svg .on-light { font-size: 14px; }
svg .grid { stroke: #e3e7eb; }
svg .cell { stroke: #c4ccd4; }
`.trim();

/** Style of the report page; light, also on paper. */
export const PAGE_STYLE = `
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, sans-serif; color: #1b1f24; background: #fff; }
body { max-width: 1180px; margin: 2rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .6rem; border-bottom: 1px solid #d5dae0; padding-bottom: .2rem; }
.muted { color: #59636e; }
.charts { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start; }
svg { max-width: 100%; height: auto; }
${DRAWING_STYLE}
.scroll { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid #e3e7eb; text-align: right; }
td { font-variant-numeric: tabular-nums; }
th:first-child, td:first-child, .words td { text-align: left; }
.examples { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: .9rem; }
figure { margin: 0; border: 1px solid #d5dae0; border-radius: 6px; padding: .5rem; }
figure.wrong { border: 2px solid #c62f2f; }
figure img { width: 100%; height: 128px; object-fit: contain; background: #000; }
figcaption { font-size: .85rem; overflow-wrap: anywhere; }
`;
