"""Findings as one HTML file that opens without a kernel and without a network.

`loader_report` is `report()`. `sample_looks` reads and explains each sample, `shown_layers` chooses the layers, and
`report_subject` says what the report is of. From these values, `page_data` makes what the page is given, with
`map_bytes` and `picture_bytes` as small as `report_making` needs them; `page_file` puts it into one file with the
page's own `report.html`, `report.css` and `report.js`.
"""

from attn_widget.reports.loader_report import MOST_SAMPLES, check_shown, report, shown_positions
from attn_widget.reports.report_path import ENDINGS, checked_path
from attn_widget.reports.report_subject import ReportSubject, target_said
from attn_widget.reports.sample_looks import Asked, T
from attn_widget.reports.shown_layers import finer_beside

__all__ = [
    "ENDINGS",
    "MOST_SAMPLES",
    "Asked",
    "ReportSubject",
    "T",
    "check_shown",
    "checked_path",
    "finer_beside",
    "report",
    "shown_positions",
    "target_said",
]
