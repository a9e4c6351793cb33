"""The path of a run, one file per verb: receive, compose, check, ask, check, deliver, review; ``run`` walks them."""
