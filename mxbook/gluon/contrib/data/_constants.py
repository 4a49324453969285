"""Words that data sets add to texts."""

EOS_TOKEN = "<eos>"  # the end of a line
