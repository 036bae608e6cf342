/** The page's style: system fonts, one column, dark where the reader's system is. */
export const style = `
:root { color-scheme: light dark; --ink: #1a1c1f; --soft: #5b626b; --paper: #fff; --panel: #f4f5f7;
  --line: #dcdfe4; --link: #0b5cad; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --soft: #a0a8b3; --paper: #15171a; --panel: #1e2125; --line: #343a41;
    --link: #7cb8f5; }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0 auto; padding: 1rem 1rem 4rem; max-width: 60rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; margin: 1rem 0 0; }
h2 { font-size: 1.25rem; margin: 3rem 0 0.5rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 0; }
h3 code { font-size: 1.05rem; font-weight: 600; }
h4 { font-size: 0.85rem; margin: 1rem 0 0.25rem; color: var(--soft); }
a { color: var(--link); }
h3 a { color: inherit; text-decoration: none; }
h3 a:hover { text-decoration: underline; }
p { margin: 0.4rem 0; }
code, pre { font: 0.875rem/1.5 ui-monospace, monospace; }
code { background: var(--panel); border-radius: 4px; padding: 0.1em 0.3em; }
pre { margin: 0.25rem 0; padding: 0.75rem; background: var(--panel); border-radius: 6px;
  overflow-x: auto; }
pre code, h3 code { padding: 0; background: none; }
nav ul { list-style: none; margin: 0; padding: 0; columns: 18rem; }
nav li { padding: 0.2rem 0; }
nav code { background: none; padding: 0; }
section { margin: 1.25rem 0; padding: 1rem; border: 1px solid var(--line); border-radius: 8px; }
section:target { border-color: var(--link); }
.who { color: var(--soft); font-size: 0.9rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.75rem 0.3rem 0;
  border-top: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; width: 4rem; }
td p:first-child { margin-top: 0; }
`;
