"""The command `attn-widget`: what the package does, from a shell.

`command_line` reads the words after the command, which `common_options` knows, and each subcommand is a file of its
own, loaded only when it is asked for: `demo_command`, `explain_command`, `review_command`, `report_command`. They take
a model from the user's function (`model_reference`, with weights by `weights_file`) and pictures from a folder
(`picture_files`, `picture_decoding`, `picture_folder`), prepared for the model (`preparation`) and labelled by the
folders that they lie in (`folder_labels`); `picture_work` puts these together. `outcome` says how it ended: what was
used wrongly, which pictures failed, and the exit code.
"""

from attn_widget.shell.command_line import main

__all__ = ["main"]
