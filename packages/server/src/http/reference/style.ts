import { createHash } from "node:crypto";

/** A kitchen's ticket: paper, ink and one red, by day and by night. */
export const STYLE = `
:root{color-scheme:light dark;--paper:#fbfaf6;--card:#fff;--ink:#1d1b16;--dim:#6a655a;--line:#e2ddd0;--red:#b3261e;
--get:#1c6b52;--post:#8a4b08;--patch:#4b4fa0;--delete:#b3261e;--code:#f3f0e7}
@media(prefers-color-scheme:dark){:root{--paper:#16150f;--card:#1e1d16;--ink:#ece8dc;--dim:#a39d8d;
--line:#353227;--red:#ff8a7d;--get:#6fd3b0;--post:#f0b066;--patch:#aeb2ff;--delete:#ff8a7d;--code:#26241b}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
a{color:inherit;text-underline-offset:.2em;text-decoration-color:var(--line)}
a:hover{text-decoration-color:currentColor}
a:focus-visible,summary:focus-visible,label:focus-visible{outline:2px solid var(--red);outline-offset:2px}
code,pre,.path,.method{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.875em}
code{background:var(--code);border-radius:.25em;padding:.1em .3em;overflow-wrap:anywhere}
pre{background:var(--code);border-radius:.5rem;margin:.75rem 0;overflow-x:auto;padding:.85rem 1rem;line-height:1.45}
pre code{background:none;padding:0;overflow-wrap:normal}
.shell{display:grid;grid-template-columns:18rem minmax(0,1fr);min-height:100vh}
.side{border-right:1px solid var(--line);height:100vh;overflow-y:auto;padding:1.5rem 1.25rem;position:sticky;top:0}
.brand{align-items:baseline;display:flex;gap:.5rem;font-weight:700;letter-spacing:.01em;text-decoration:none}
.brand b{border-bottom:3px double var(--red)}
.side h2{color:var(--dim);font-size:.72rem;letter-spacing:.09em;margin:1.6rem 0 .4rem;text-transform:uppercase}
.side ul{list-style:none;margin:0;padding:0}
.side li a{border-radius:.35rem;display:flex;font-size:.875rem;gap:.5rem;line-height:1.35;padding:.28rem .4rem;text-decoration:none}
.side li a:hover,.side li a[aria-current]{background:var(--code)}
.side .method{flex:none;width:3.2rem}
#menu,.burger{display:none}
main{max-width:60rem;padding:2.5rem clamp(1rem,4vw,3.5rem) 6rem;width:100%}
h1{font-size:clamp(1.7rem,4vw,2.3rem);letter-spacing:-.02em;line-height:1.15;margin:0 0 .75rem}
main h2{border-top:3px double var(--line);font-size:1.35rem;letter-spacing:-.01em;margin:3.5rem 0 1rem;padding-top:1.4rem}
.lead{color:var(--dim);font-size:1.05rem;max-width:46rem}
.call{background:var(--card);border:1px solid var(--line);border-radius:.75rem;margin:1.25rem 0;padding:1.25rem clamp(1rem,3vw,1.5rem)}
.call h3{font-size:1.08rem;margin:0 0 .5rem}
.call p{margin:.5rem 0}
.line{align-items:baseline;display:flex;flex-wrap:wrap;gap:.35rem .7rem}
.path{font-size:.95rem;overflow-wrap:anywhere}
.method{font-weight:700}
.get{color:var(--get)}.post{color:var(--post)}.patch{color:var(--patch)}.delete{color:var(--delete)}
h4{color:var(--dim);font-size:.72rem;letter-spacing:.09em;margin:1.25rem 0 .35rem;text-transform:uppercase}
.table{overflow-x:auto}
table{border-collapse:collapse;font-size:.9rem;width:100%}
th{color:var(--dim);font-size:.75rem;font-weight:600;text-align:left}
th,td{border-bottom:1px solid var(--line);padding:.45rem .75rem .45rem 0;vertical-align:top}
tr:last-child td{border-bottom:0}
td:first-child{white-space:nowrap}
.must{color:var(--red);font-size:.75rem;margin-left:.35rem}
.dim{color:var(--dim)}
details{border-top:1px solid var(--line);padding:.55rem 0}
summary{cursor:pointer;font-size:.925rem}
.cards{display:grid;gap:.9rem;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));list-style:none;margin:1.5rem 0;padding:0}
.cards a{background:var(--card);border:1px solid var(--line);border-radius:.75rem;display:block;height:100%;padding:1rem 1.15rem;text-decoration:none}
.cards a:hover{border-color:var(--red)}
.cards span{color:var(--dim);display:block;font-size:.875rem}
@media(max-width:800px){
.shell{display:block}
.side{border-bottom:1px solid var(--line);border-right:0;height:auto;padding:.85rem 1rem;position:static}
.burger{border:1px solid var(--line);border-radius:.4rem;cursor:pointer;display:inline-block;float:right;font-size:.85rem;padding:.2rem .7rem}
#menu{clip-path:inset(50%);display:block;position:absolute}
#menu:focus-visible+.side .burger{outline:2px solid var(--red)}
.contents{display:none}#menu:checked+.side .contents{display:block}
main{padding-top:1.5rem}
.call{border-radius:.5rem}
table,tbody,tr,td{display:block}thead{display:none}
tr{border-bottom:1px solid var(--line);padding:.5rem 0}tr:last-child{border-bottom:0}
td{border:0;padding:.05rem 0}td:first-child{white-space:normal}}
@media print{.side{display:none}.shell{display:block}}
`;

/** Nothing is loaded from anywhere, no script runs, and the page stands in no frame. */
export const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-cache",
} as const;
