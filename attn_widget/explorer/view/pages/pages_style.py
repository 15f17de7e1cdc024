"""The style of what stands on the inspector's pages, in light and dark themes."""

PAGES_STYLE = """
.attn-words, .attn-bars { width: auto; margin: 0; }
.attn-pin { align-self: flex-start; max-width: 100%; overflow: hidden; text-overflow: ellipsis; }
.attn-code { width: 100%; height: auto; margin: 0; }
.attn-code textarea {
  font: 12px/1.45 var(--jp-code-font-family, monospace); height: auto; resize: vertical;
  overflow-wrap: anywhere; background: var(--jp-layout-color2, #f3f3f3); color: var(--jp-ui-font-color1, #1f2328);
}
.attn-canvas-box { width: 100%; margin: 0; }
"""
