"""The panel's style sheet: its layout at any width, and its colours on light and dark pages."""

from attn_widget.canvas import CANVAS_STYLE, DARK_PAGE
from attn_widget.explorer.view.markup import BAR_ROW
from attn_widget.figure import DARK, LIGHT

_LAYOUT = """
.attn { width: 100%; container: attn / inline-size; overflow: visible; gap: 4px; }
.attn-hidden { display: none !important; }
.attn .widget-box { overflow: visible; }
.attn-row { flex-flow: row wrap; align-items: center; gap: 4px; }
.attn-column { gap: 4px; min-width: 0; }
.attn-body { flex-flow: row-reverse wrap; justify-content: flex-end; align-items: flex-start; gap: 8px 16px; }
.attn-inspector { flex: 1 1 400px; max-width: 720px; min-width: 0; container: attn-inspector / inline-size; }
.attn-samples { flex-wrap: nowrap; }
.attn .attn-button, .attn .attn-chip { width: auto; margin: 0; flex: 0 0 auto; }
.attn-narrow { min-width: 34px; }
.attn-slider { flex: 1 1 120px; width: auto; min-width: 90px; margin: 0 4px; }
.attn-slider .widget-label { width: auto; min-width: 0; }
.attn-samples > .widget-label { flex: none; }
.attn-number { width: 76px; margin: 0; }
.attn-file { width: 120px; flex: 0 1 120px; margin: 0; }
.attn-play { width: 76px; flex: 0 0 auto; margin: 0; }
.attn-verdict-row { min-height: 32px; flex-wrap: nowrap; }
.attn-verdict { flex: 1 1 120px; min-width: 0; margin: 0; overflow: hidden; }
.attn-verdict > .widget-html-content { min-width: 0; }
.attn-chip { max-width: 310px; border-radius: 14px; overflow: hidden; text-overflow: ellipsis; }
.attn-spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.attn-message, .attn-work { flex: 0 1 auto; margin: 0; }
.attn .attn-guess { gap: 6px; padding: 0 0 6px; }
.attn-guess-line { gap: 6px 12px; min-height: 32px; }
.attn-guess-score { margin-left: auto; }
.attn .attn-guess .widget-html { margin: 0; }
.attn .attn-guess-class { max-width: 220px; overflow: hidden; text-overflow: ellipsis; }
.attn-guess-typed { width: 300px; max-width: 100%; margin: 0; }
.attn-guess-matrices { align-items: flex-start; }
.attn-guess-matrix { flex: 1 1 260px; max-width: 420px; }
.attn-sentence, .attn-waits { margin: 0; width: auto; }
:is(.attn-sentence, .attn-waits):has(> .widget-html-content:empty) { display: none; }
.attn-tabs, .attn-sizes { margin: 0; }
.attn-tabs button, .attn-sizes button { width: auto; margin: 0; }
.attn-tabs button { padding: 0 10px; }
.attn-tabs { border-bottom: 1px solid var(--jp-border-color1, #bdbdbd); }
.attn .attn-tabs button {
  border-bottom: 3px solid transparent; background: none; box-shadow: none; color: var(--jp-ui-font-color1, #1f2328);
}
.attn .attn-tabs button:hover { border-bottom-color: var(--jp-border-color1, #bdbdbd); }
.attn .attn-tabs button.mod-active {
  border-bottom-color: var(--jp-brand-color1, #1976d2); -webkit-text-stroke: 0.5px;  /* bold moves the others */
}
.attn-settings { display: grid; grid-template-columns: 1fr 1fr; gap: 4px 12px; }
.attn-settings > *, .attn-selection > * { width: auto; margin: 0; min-width: 0; }
.attn-settings > .attn-wide { grid-column: 1 / -1; }
.attn-settings .widget-label { width: 80px; }
.attn-settings .widget-readout { min-width: 36px; width: 36px; }
.attn-tools button { padding: 0 7px; }
.attn-sizes button { min-width: 28px; }
.attn .jupyter-matplotlib-footer { min-height: 20px; margin: 0; font-size: 12px; line-height: 20px; }
@container attn (max-width: 915px) {
  .attn .attn-room { min-height: 168px; max-height: clamp(168px, 32vh, 400px); overflow-y: auto; }
  .attn-inspector { max-width: none; }
  .attn-guessing > .attn-inspector { order: 1; }  /* whoever guesses looks at the picture */
}
@container attn (max-width: 1236px) {
  .attn .attn-body:has(.attn-stage .attn-sizes button:last-child.mod-active) .attn-room {
    min-height: 168px; max-height: clamp(168px, 32vh, 400px); overflow-y: auto;
  }
  .attn .attn-guessing:has(.attn-stage .attn-sizes button:last-child.mod-active) > .attn-inspector { order: 1; }
}
@container attn-inspector (max-width: 660px) {
  .attn-tabs button { padding: 0 5px; }
}
@container attn (max-width: 760px) {
  .attn-slider .widget-label { display: none; }
}
@container attn (max-width: 620px) {
  .attn-slider { min-width: 60px; }
  .attn-number { width: 58px; }
  .attn-file { flex: 1 1 100%; }
  .attn-samples, .attn-verdict-row { flex-wrap: wrap; }
  .attn-verdict { flex-basis: 100%; }
  .attn-verdict div { white-space: normal !important; }
}
"""

_COLOURS = f"""
.attn-right {{ color: {LIGHT.right}; }}
.attn-wrong {{ color: {LIGHT.wrong}; }}
.attn-neither {{ color: var(--jp-ui-font-color1, {LIGHT.ink}); }}
.attn-bars .attn-neither {{ color: var(--jp-ui-font-color3, #8c959f); }}
{DARK_PAGE} .attn-right {{ color: {DARK.right}; }}
{DARK_PAGE} .attn-wrong {{ color: {DARK.wrong}; }}
"""

_PAGES = """
.attn .attn-words, .attn .attn-bars, .attn .attn-code { width: auto; margin: 0; }
.attn .attn-pin { align-self: flex-start; max-width: 100%; overflow: hidden; text-overflow: ellipsis; }
.attn-compare .attn-settings .widget-label { width: 92px; }
.attn-code textarea {
  font: 12px/1.45 var(--jp-code-font-family, monospace); white-space: pre; overflow-x: auto; resize: none;
  box-sizing: border-box; width: 100%; padding: 6px 8px; border: 1px solid var(--jp-border-color1, #bdbdbd);
  color: var(--jp-ui-font-color1, #1f2328); background: var(--jp-layout-color2, #f3f3f3);
}
.attn-classes { position: relative; align-self: stretch; }
.attn .attn-over { position: absolute; inset: 0; gap: 0; overflow: hidden; }
.attn .attn-button.attn-class {
  width: 100%; height: %ROW%px; background: none; box-shadow: none; color: transparent; border: 0 solid transparent;
  border-left: 3px solid transparent;
}
.attn .attn-class:hover, .attn .attn-class:focus-visible { background: rgba(128, 128, 128, 0.14); }
.attn .attn-class:focus-visible { outline: 1px solid var(--jp-brand-color1, #1976d2); outline-offset: -1px; }
.attn .attn-button.attn-explained { border-left-color: var(--jp-brand-color1, #1976d2); }
.attn-channels .attn-button { min-width: 64px; }
.attn-channels .attn-button.mod-active { text-decoration: line-through; }
.attn-fill { width: auto; margin: 0; flex: 0 1 260px; }
.attn-fill .widget-label { width: auto; }
.attn-other { width: auto; margin: 0; flex: 0 1 150px; }
.attn-other .widget-label { width: auto; }
.attn .attn-section { gap: 6px; padding: 8px 0 10px; }
.attn .attn-section + .attn-section { border-top: 1px solid var(--jp-border-color2, #d0d7de); }
.attn .attn-bench, .attn .attn-cover, .attn .attn-check { gap: 6px; }
.attn-canvas-box { width: 100%; margin: 0; }
.attn-progress { flex: 1 1 120px; width: auto; margin: 0; }
.attn-found { flex-flow: row wrap; align-items: flex-start; gap: 4px 10px; }
.attn-matrix { flex: 0 1 232px; min-width: 200px; }
.attn-matrix.attn-large { flex: 1 1 100%; }
.attn-filters { flex: 1 1 150px; }
.attn-selection .widget-label { width: 76px; }
.attn-selection .widget-readout { width: auto; font-size: 11px; margin-left: auto; }
.attn-selection .widget-slider { flex-wrap: wrap; height: auto; }
.attn-selection .slider-container { min-width: 76px; margin-right: 10px; }
.attn-note { flex: 1 1 90px; width: auto; min-width: 80px; margin: 0; }
.attn-group-name { flex: 1 1 130px; width: auto; min-width: 80px; margin: 0; }
.attn-group-mark { flex: 0 1 180px; width: auto; margin: 0; }
.attn-group-mark .widget-label { width: auto; }
.attn-row > .attn-file-words { flex: 1 1 140px; min-width: 0; }
.attn-export-kind { flex: 1 1 150px; width: auto; margin: 0; }
.attn-path { flex: 1 1 110px; width: auto; margin: 0; }
.attn .attn-tiles { max-height: 272px; overflow-y: auto; }
.attn .attn-tiles.attn-tall { max-height: 540px; }
@container attn (max-width: 976px) {
  .attn .attn-tiles, .attn .attn-tiles.attn-tall { max-height: none; }
}
@container attn (max-width: 915px) {
  .attn-exporting, .attn-exported { order: -1; }  /* below its row, it would be out of sight */
}
@container attn (max-width: 440px) {
  .attn-settings > :not(.attn-wide) .widget-label { width: auto; }
}
"""

STYLE = CANVAS_STYLE + _LAYOUT + _COLOURS + _PAGES.replace("%ROW%", str(BAR_ROW))
