"""The style of what stands on the inspector's pages."""

PAGES_STYLE = """
.attn .attn-words, .attn .attn-bars { width: auto; margin: 0; }
.attn .attn-pin { align-self: flex-start; max-width: 100%; overflow: hidden; text-overflow: ellipsis; }
.attn-compare .attn-settings .widget-label { width: 92px; }
.attn .attn-code { width: auto; margin: 0; }
.attn-code textarea {
  font: 12px/1.45 var(--jp-code-font-family, monospace); white-space: pre; overflow-x: auto; resize: none;
  box-sizing: border-box; width: 100%; padding: 6px 8px; border: 1px solid var(--jp-border-color1, #bdbdbd);
  color: var(--jp-ui-font-color1, #1f2328); background: var(--jp-layout-color2, #f3f3f3);
}
.attn-canvas-box { width: 100%; margin: 0; }
.attn-progress { flex: 1 1 120px; width: auto; margin: 0; }
.attn-found { flex-flow: row wrap; align-items: flex-start; gap: 4px 10px; }
.attn-matrix { flex: 0 1 232px; min-width: 200px; }
.attn-matrix.attn-large { flex: 1 1 100%; }
.attn-filters { flex: 1 1 150px; }
.attn-selection > * { width: auto; margin: 0; min-width: 0; }
.attn-selection .widget-label { width: 64px; }
.attn-selection .widget-readout { min-width: 64px; width: 64px; font-size: 11px; }
.attn-note { flex: 1 1 90px; width: auto; min-width: 80px; margin: 0; }
.attn-row > .attn-file-words { flex: 1 1 140px; min-width: 0; }
.attn-path { flex: 1 1 110px; width: auto; margin: 0; }
.attn .attn-tiles { max-height: 272px; overflow-y: auto; }
.attn .attn-tiles.attn-tall { max-height: 540px; }
@container attn (max-width: 976px) {
  .attn .attn-tiles, .attn .attn-tiles.attn-tall { max-height: none; }
}
@container attn (max-width: 440px) {
  .attn-settings > :not(.attn-wide) .widget-label { width: auto; }
}
"""
