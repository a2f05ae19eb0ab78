"""A dataset in the layouts of other tools: tar shards, a folder of pictures, COCO captions."""
