"""The style of what stands on the inspector's pages."""

PAGES_STYLE = """
.attn .attn-words, .attn .attn-bars { width: auto; margin: 0; }
.attn .attn-pin { align-self: flex-start; max-width: 100%; overflow: hidden; text-overflow: ellipsis; }
.attn-compare .attn-settings .widget-label { width: 92px; }
.attn .attn-code { width: auto; height: auto; margin: 0; }
.attn .attn-code textarea {
  font: 12px/1.45 var(--jp-code-font-family, monospace); white-space: pre; overflow-x: auto;
  height: auto; width: 100%; resize: none;
}
.attn .attn-canvas-box { width: auto; margin: 0; }
"""
