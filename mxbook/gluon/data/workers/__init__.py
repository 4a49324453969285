"""What loads batches beside the program: worker processes, or threads.

| file | what it is |
|---|---|
| `loading.py` | one batch from a list of indices, and the errors of workers. Start here |
| `chance.py` | which random numbers a batch is made with: the same with any number of workers |
| `threads.py` | a crew of threads |
| `processes.py` | a crew of processes, as the program sees it |
| `nursery.py` | the process from which workers are forked; it runs nobody's code but this |
| `worker.py` | the life of a worker process |
| `channel.py` | messages and descriptors between processes |
| `lending.py` | batches in shared memory, and its way back to the worker |
| `shipping.py` | pickling, also for what is defined in a notebook |

A crew of either kind has `submit` (ask for a batch), `result` (wait for it) and `leave` (the rest
is not wanted).  A batch is wanted, made and delivered in the order in which it was asked for.
"""
