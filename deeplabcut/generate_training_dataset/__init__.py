"""From videos to a training set: frames, labels, splits. Names resolve on first use."""

from deeplabcut._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "deeplabcut.core.splits": ["SplitTrials", "pad_train_test_indices"],
        "deeplabcut.generate_training_dataset.comparison": ["create_training_model_comparison"],
        "deeplabcut.generate_training_dataset.cropped_projects": ["convert_cropped_to_standard_dataset"],
        "deeplabcut.generate_training_dataset.dataset": [
            "create_multianimaltraining_dataset",
            "create_training_dataset",
            "create_training_dataset_from_existing_split",
            "mergeandsplit",
        ],
        "deeplabcut.generate_training_dataset.formats": ["format_multianimal_training_data", "format_training_data"],
        "deeplabcut.generate_training_dataset.frame_extraction": ["extract_frames", "select_cropping_area"],
        "deeplabcut.generate_training_dataset.label_pictures": ["check_labels"],
        "deeplabcut.generate_training_dataset.labels": [
            "dropannotationfileentriesduetodeletedimages",
            "dropduplicatesinannotatinfiles",
            "dropimagesduetolackofannotation",
            "dropunlabeledframes",
            "parse_video_filenames",
        ],
        "deeplabcut.generate_training_dataset.merge": ["merge_annotateddatasets"],
        "deeplabcut.generate_training_dataset.model_yamls": [
            "MakeInference_yaml",
            "MakeTest_pose_yaml",
            "MakeTrain_pose_yaml",
            "ParseYaml",
        ],
        "deeplabcut.generate_training_dataset.video_list": [
            "adddatasetstovideolistandviceversa",
            "comparevideolistsanddatafolders",
        ],
        "deeplabcut.io.frames": ["drop_likelihood_columns"],
        "deeplabcut.io.images": ["read_image_shape_fast"],
        "deeplabcut.io.training_set": ["boxitintoacell"],
        "deeplabcut.project.shuffles": [
            "DataSplit",
            "ShuffleMetadata",
            "TrainingDatasetMetadata",
            "get_existing_shuffle_indices",
            "get_largestshuffle_index",
            "validate_shuffles",
        ],
    },
)
