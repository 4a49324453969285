"""The parameters of the iterators over images in record files, by their subject."""

from mxbook.ops.params import Bool, Enum, Floats, Int, Real, Shape, Text

from .backend import BATCH_SIZE, PARTS, PREFETCH, ROUND_BATCH

THREADS = Int("preprocess_threads", 4, low=1, doc="Threads that decode and change images.")
VERBOSE = Bool("verbose", True, doc="Has no effect here.")
CHUNKS = (
    Int(
        "shuffle_chunk_size",
        0,
        low=0,
        doc="Megabytes that are mixed together where there is no index; with it the order of "
        "these chunks is mixed, too.",
    ),
    Int("shuffle_chunk_seed", 0, doc="Decides the order of the chunks."),
)
SHUFFLE = (
    Bool("shuffle", False, doc="Whether each pass has an order of its own."),
    Int("seed", 0, doc="Decides the order."),
)
BATCH = (BATCH_SIZE, ROUND_BATCH, *PREFETCH)

RECORDS = (
    Text("path_imglist", "", doc="A list file, whose labels replace those of the records."),
    Text("path_imgrec", "", doc="The record file; a folder stands for all its files."),
    Text("path_imgidx", "", doc="Its index."),
    Text("aug_seq", "aug_default", doc="What changes images; there is aug_default only."),
    Int("label_width", 1, low=1, doc="Numbers in a label."),
    Shape("data_shape", doc="(channels, height, width) of an image."),
    THREADS,
    VERBOSE,
    *PARTS,
    Int("device_id", 0, doc="Has no effect here: batches are in ordinary memory."),
    *CHUNKS,
    Int("seed_aug", None, doc="Decides the changes of images; None stands for `seed`."),
    *SHUFFLE,
)

# What happens to an image before it is cut, in this order, and what it is made of then.
CHANGES = (
    Int("resize", -1, doc="Length of the shorter side, if above 0, before anything else."),
    Bool("rand_crop", False, doc="Whether the part that is cut out lies anywhere."),
    Bool(
        "random_resized_crop",
        False,
        doc="Whether a part of random area and proportions is cut out and resized.",
    ),
    Int("max_rotate_angle", 0, low=0, doc="Turned by up to this many degrees, either way."),
    Real("max_aspect_ratio", 0, doc="Largest ratio of width and height; see min_aspect_ratio."),
    Real(
        "min_aspect_ratio",
        None,
        doc="Smallest ratio of width and height; without it the ratio is between "
        "1 - max_aspect_ratio and 1 + max_aspect_ratio.",
    ),
    Real("max_shear_ratio", 0, low=0, doc="Sheared by up to this many pixels a row, either way."),
    Int(
        "max_crop_size",
        -1,
        doc="The largest side of the square that is cut out and resized; -1: the part has the "
        "size of data_shape.",
    ),
    Int("min_crop_size", -1, doc="The smallest side of that square; -1: as max_crop_size."),
    Real("max_random_scale", 1, doc="Largest factor by which the image is stretched."),
    Real("min_random_scale", 1, doc="Smallest factor by which the image is stretched."),
    Real("max_random_area", 1, doc="Largest share of the image that random_resized_crop takes."),
    Real("min_random_area", 1, doc="Smallest share of the image that random_resized_crop takes."),
    Real("max_img_size", 1e10, doc="Largest width and height after turning and stretching."),
    Real("min_img_size", 0, doc="Smallest width and height after turning and stretching."),
    Real("brightness", 0, low=0, doc="Numbers are multiplied by 1 plus or minus up to this."),
    Real("contrast", 0, low=0, doc="Distances from the mean brightness, likewise."),
    Real("saturation", 0, low=0, doc="Distances from gray, likewise."),
    Real("pca_noise", 0, low=0, doc="Standard deviation of the change of light."),
    Int("random_h", 0, low=0, doc="The hue (of 180) changes by up to this, either way."),
    Int("random_s", 0, low=0, doc="The saturation (of 255), likewise."),
    Int("random_l", 0, low=0, doc="The lightness (of 255), likewise."),
    Int("rotate", -1, doc="Turned by so many degrees, if above 0, in place of a random angle."),
    Int("fill_value", 255, low=0, high=255, doc="The value around turned and padded images."),
    Int(
        "inter_method",
        1,
        low=0,
        high=10,
        doc="How images are resized: 0 nearest pixel, 1 bilinear, 2 cubic, 3 area, 4 Lanczos, 9 "
        "what suits the sizes, 10 any of these.",
    ),
    Int("pad", 0, low=0, doc="Rows and columns that are added on each side."),
)

COLOURS = ("r", "g", "b", "a")
MEAN_AND_SCALE = (
    Text(
        "mean_img",
        "",
        doc="A file with the mean image, which is subtracted; if there is none, it is computed "
        "from the data and written.",
    ),
    *(Real(f"mean_{c}", 0, doc="Subtracted from this channel.") for c in COLOURS),
    *(Real(f"std_{c}", 1, doc="This channel is divided by it.") for c in COLOURS),
    Real("scale", 1, doc="All numbers are multiplied by it at last."),
)
NUMBERS = (
    Bool("mirror", False, doc="Whether images are turned over, left to right."),
    Bool("rand_mirror", False, doc="Whether every other image is, by chance."),
    *MEAN_AND_SCALE,
    Real("max_random_contrast", 0, low=0, doc="Numbers are multiplied by 1 +- up to this."),
    Real("max_random_illumination", 0, low=0, doc="Up to this is added to all, either way."),
)

IMAGES = (*RECORDS, *BATCH, *CHANGES, *NUMBERS)
# Of bytes there is nothing to subtract.
BYTES = (*RECORDS, *BATCH, *CHANGES)

_OVERLAPS = (
    ("overlaps", "share that part and object have of both together"),
    ("sample_coverages", "share of the part that is in the object"),
    ("object_coverages", "share of the object that is in the part"),
)

DETECTION = (
    Text("path_imglist", "", doc="A list file, whose labels replace those of the records."),
    Text("path_imgrec", "./data/imgrec.rec", doc="The record file."),
    Text("aug_seq", "det_aug_default", doc="What changes images; there is det_aug_default only."),
    Int("label_width", -1, doc="Numbers in a label; -1: each image has as many as it has."),
    Shape("data_shape", doc="(channels, height, width) of an image."),
    THREADS,
    VERBOSE,
    *PARTS,
    *CHUNKS,
    Int("label_pad_width", 0, doc="Labels are filled up to this length; 0: to the longest."),
    Real("label_pad_value", -1, doc="What they are filled up with."),
    *SHUFFLE,
    *BATCH,
    Int("resize", -1, doc="Length of the shorter side, if above 0, before anything else."),
    Real("rand_crop_prob", 0, doc="How often a part is cut out."),
    Floats("min_crop_scales", (0,), doc="Smallest length of the part, for each sampler."),
    Floats("max_crop_scales", (1,), doc="Largest length of the part, in image lengths."),
    Floats("min_crop_aspect_ratios", (1,), doc="Smallest ratio of the part's width and height."),
    Floats("max_crop_aspect_ratios", (1,), doc="Largest ratio of the part's width and height."),
    *(
        Floats(f"{end}_crop_{name}", (value,), doc=f"{word} {what}.")
        for name, what in _OVERLAPS
        for end, value, word in (("min", 0, "Smallest"), ("max", 1, "Largest"))
    ),
    Int("num_crop_sampler", 1, low=0, doc="How many samplers there are; one of them is drawn."),
    Enum(
        "crop_emit_mode",
        ("center", "overlap"),
        "center",
        doc="Which objects are left out of a part: those whose center is outside, or those of "
        "which too little is inside.",
    ),
    Real("emit_overlap_thresh", 0.3, doc="How much of an object must be inside for `overlap`."),
    Shape("max_crop_trials", (25,), doc="How often a sampler tries."),
    Real("rand_pad_prob", 0, doc="How often the image is put somewhere on a larger one."),
    Real("max_pad_scale", 1, doc="How many times as long that one is at most."),
    Int("max_random_hue", 0, low=0, doc="The hue (of 180) changes by up to this, either way."),
    Real("random_hue_prob", 0, doc="How often it does."),
    Int("max_random_saturation", 0, low=0, doc="The saturation (of 255), likewise."),
    Real("random_saturation_prob", 0, doc="How often it does."),
    Int("max_random_illumination", 0, low=0, doc="The lightness (of 255), likewise."),
    Real("random_illumination_prob", 0, doc="How often it does."),
    Real("max_random_contrast", 0, low=0, doc="Numbers are multiplied by 1 +- up to this."),
    Real("random_contrast_prob", 0, doc="How often they are."),
    Real("rand_mirror_prob", 0, doc="How often the image is turned over, left to right."),
    Int("fill_value", 127, low=0, high=255, doc="The value around the image."),
    Int("inter_method", 1, low=0, high=10, doc="How images are resized; see ImageRecordIter."),
    Enum(
        "resize_mode",
        ("fit", "force", "shrink"),
        "force",
        doc="force: resized to data_shape; fit: as large as fits into it, in proportion; shrink: "
        "likewise, but never made larger.  What is left of data_shape is 0.",
    ),
    Text("mean_img", "", doc="A file with the mean image, which is subtracted."),
    *(Real(f"mean_{c}", 0, doc="Subtracted from this channel.") for c in COLOURS),
    *(Real(f"std_{c}", 0, doc="This channel is divided by it, unless 0.") for c in COLOURS),
    Real("scale", 1, doc="All numbers are multiplied by it at last."),
)
