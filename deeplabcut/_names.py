"""The tables of names: what `deeplabcut` offers, and where the modules of earlier releases went. Data only."""

from __future__ import annotations

PUBLIC: dict[str, list[str] | dict[str, str]] = {
    "deeplabcut.core.engine": ["Engine"],
    "deeplabcut.create_project.add": ["add_new_videos"],
    "deeplabcut.create_project.demo_data": ["load_demo_data"],
    "deeplabcut.create_project.modelzoo": ["create_pretrained_human_project", "create_pretrained_project"],
    "deeplabcut.create_project.new": ["create_new_project"],
    "deeplabcut.create_project.new_3d": ["create_new_project_3d"],
    "deeplabcut.generate_training_dataset.animal_conversion": ["convert2_maDLC"],
    "deeplabcut.generate_training_dataset.bodyparts": ["change_bodyparts", "undo_bodyparts"],
    "deeplabcut.generate_training_dataset.checks": ["check_training_set"],
    "deeplabcut.generate_training_dataset.comparison": ["create_training_model_comparison"],
    "deeplabcut.generate_training_dataset.conversion": ["convertcsv2h5"],
    "deeplabcut.generate_training_dataset.dataset": [
        "create_multianimaltraining_dataset",
        "create_training_dataset",
        "create_training_dataset_from_existing_split",
        "mergeandsplit",
    ],
    "deeplabcut.generate_training_dataset.frame_extraction": ["extract_frames"],
    "deeplabcut.generate_training_dataset.interchange": ["export_labels", "import_labels"],
    "deeplabcut.generate_training_dataset.label_pictures": ["check_labels"],
    "deeplabcut.generate_training_dataset.labels": [
        "dropannotationfileentriesduetodeletedimages",
        "dropduplicatesinannotatinfiles",
        "dropimagesduetolackofannotation",
        "dropunlabeledframes",
    ],
    "deeplabcut.generate_training_dataset.video_list": [
        "adddatasetstovideolistandviceversa",
        "comparevideolistsanddatafolders",
    ],
    "deeplabcut.post_processing.conversion": ["analyze_videos_converth5_to_csv"],
    "deeplabcut.io.video.tools": {
        "CropVideo": "crop_video",
        "DownSampleVideo": "downsample_video",
        "ShortenVideo": "shorten_video",
        "check_video_integrity": "check_video_integrity",
    },
    "deeplabcut.io.video.collect": ["collect_video_paths"],
    "deeplabcut.utils.auxfun_videos": {"auxfun_videos": ""},
    "deeplabcut.utils.auxiliaryfunctions": {"auxiliaryfunctions": ""},
}
"""Home -> the names of ``deeplabcut.*`` that live there (a list, or public name -> name in the home)."""

SUBPACKAGES = (
    "cli",
    "core",
    "create_project",
    "doctor",
    "generate_training_dataset",
    "gui",
    "io",
    "jobs",
    "pose_estimation_3d",
    "pose_estimation_pytorch",
    "pose_estimation_tensorflow",
    "post_processing",
    "project",
    "scenes",
    "utils",
    "visualization",
)
"""Subpackages that resolve as attributes after a plain ``import deeplabcut``."""

GUI = ("SkeletonBuilder", "label_frames", "launch_dlc", "refine_labels", "refine_tracklets")
GUI_SENTENCE = (
    "The labelling and refinement tools come with the browser GUI, which this version does not contain yet; "
    "everything else works without it."
)

_CONFIG_FILES = [
    "create_config_template",
    "create_config_template_3d",
    "edit_config",
    "read_config",
    "write_config",
    "write_config_3d",
    "write_config_3d_template",
    "write_project_config",
]

_CONFIG_TOOLS = [
    "ensure_plain_config",
    "get_yaml_dumper",
    "get_yaml_loader",
    "normalize_for_serialization",
    "pretty_print",
    "read_config_as_dict",
    "resolve_alias",
    "resolve_aliases_in_dict",
]

_CONVERSION = "deeplabcut.generate_training_dataset.conversion"
_DATASET = "deeplabcut.generate_training_dataset.dataset"
_FORMATS = "deeplabcut.generate_training_dataset.formats"
_SHUFFLES = "deeplabcut.project.shuffles"

ADDRESSES: dict[str, dict[str, list[str] | dict[str, str]]] = {
    "deeplabcut.core.config.base_config": {
        "deeplabcut.core.config.base": ["DLCBaseConfig"],
        "deeplabcut.core.config.versioned": ["DLCVersionedConfig"],
    },
    "deeplabcut.core.config.project_config": {
        "deeplabcut.core.config.project": ["ProjectConfig"],
    },
    "deeplabcut.core.config.utils": {
        "deeplabcut.core.config": [*_CONFIG_FILES, *_CONFIG_TOOLS, "update_config", "update_config_by_dotpath"],
    },
    "deeplabcut.core.debug.debug_logger": {
        "deeplabcut.core.debug": [
            "DLC_ALL_LIBS_SPECS",
            "DebugSection",
            "ExecutableSpec",
            "InMemoryDebugRecorder",
            "LibrarySpec",
            "RecordedLog",
            "build_debug_report",
            "collect_debug_sections",
            "collect_executable_summary",
            "collect_version_summary",
            "format_debug_report",
            "get_debug_recorder",
            "install_debug_recorder",
            "log_timing",
        ],
        "deeplabcut.core.debug.recorder": ["LOG_QUEUE_MAXLEN", "reload_debug_settings_from_env"],
        "deeplabcut.core.debug.report": ["collect_runtime_summary"],
    },
    "deeplabcut.generate_training_dataset.metadata": {
        _SHUFFLES: [
            "DataSplit",
            "ShuffleMetadata",
            "TrainingDatasetMetadata",
            "find_engines_from_model_folders",
            "get_shuffle_engine",
            "update_metadata",
        ],
    },
    "deeplabcut.generate_training_dataset.multiple_individuals_trainingsetmanipulation": {
        "deeplabcut.generate_training_dataset.cropped_projects": ["convert_cropped_to_standard_dataset"],
        _DATASET: ["create_multianimaltraining_dataset"],
        _FORMATS: ["format_multianimal_training_data"],
    },
    "deeplabcut.generate_training_dataset.trainingsetmanipulation": {
        "deeplabcut.core.splits": ["SplitTrials", "pad_train_test_indices"],
        "deeplabcut.generate_training_dataset.comparison": ["create_training_model_comparison"],
        _DATASET: ["create_training_dataset", "create_training_dataset_from_existing_split", "mergeandsplit"],
        _FORMATS: ["format_training_data"],
        "deeplabcut.generate_training_dataset.label_pictures": ["check_labels"],
        "deeplabcut.generate_training_dataset.labels": [
            "dropannotationfileentriesduetodeletedimages",
            "dropduplicatesinannotatinfiles",
            "dropimagesduetolackofannotation",
            "dropunlabeledframes",
            "parse_video_filenames",
        ],
        "deeplabcut.generate_training_dataset.video_list": [
            "adddatasetstovideolistandviceversa",
            "comparevideolistsanddatafolders",
        ],
        "deeplabcut.generate_training_dataset.merge": ["merge_annotateddatasets"],
        "deeplabcut.generate_training_dataset.model_yamls": [
            "MakeInference_yaml",
            "MakeTest_pose_yaml",
            "MakeTrain_pose_yaml",
            "ParseYaml",
        ],
        "deeplabcut.io.frames": ["drop_likelihood_columns"],
        "deeplabcut.io.images": ["read_image_shape_fast"],
        "deeplabcut.io.training_set": ["boxitintoacell"],
        _SHUFFLES: ["get_existing_shuffle_indices", "get_largestshuffle_index", "validate_shuffles"],
    },
    "deeplabcut.utils.auxfun_multianimal": {
        "deeplabcut.core.config.inference": [
            "check_inferencecfg_sanity",
            "form_default_inferencecfg",
            "read_inferencecfg",
        ],
        "deeplabcut.core.paf_graph": [
            "filter_unwanted_paf_connections",
            "getpafgraph",
            "graph2names",
            "prune_paf_graph",
            "validate_paf_graph",
        ],
        "deeplabcut.generate_training_dataset.animal_conversion": ["convert2_maDLC", "convert_single2multiplelegacyAM"],
        _CONVERSION: ["returnlabelingdata"],
        "deeplabcut.io.detections": ["LoadFullMultiAnimalData", "SaveFullMultiAnimalData"],
        "deeplabcut.io.frames": ["reorder_individuals_in_df"],
        "deeplabcut.project.names": [
            "IntersectionofIndividualsandOnesGivenbyUser",
            "extractindividualsandbodyparts",
            "get_track_method",
        ],
    },
    "deeplabcut.utils.auxfun_videos": {
        "deeplabcut.io.video.classic": ["VideoReader", "VideoWriter"],
        "deeplabcut.io.video.collect": ["SUPPORTED_VIDEOS", "collect_video_paths"],
        "deeplabcut.io.video.tools": {
            "CropVideo": "crop_video",
            "DownSampleVideo": "downsample_video",
            "ShortenVideo": "shorten_video",
            "check_video_integrity": "check_video_integrity",
            "draw_bbox": "draw_bbox",
            "imread": "imread",
            "imresize": "imresize",
            "rotate_video": "rotate_video",
        },
    },
    "deeplabcut.core.inferenceutils": {
        "deeplabcut.core.assembly": ["Assembler"],
        "deeplabcut.core.assembly_objects": ["Assembly", "Joint", "Link", "Position"],
    },
    "deeplabcut.pose_estimation_pytorch.data.snapshots": {
        "deeplabcut.project.snapshots": ["Snapshot", "list_snapshots"],
    },
    "deeplabcut.utils.auxfun_models": {
        "deeplabcut.pose_estimation_tensorflow.pretrained": {
            "Check4Weights": "check_for_weights",
            "DownloadModel": "download_model",
            "Downloadweights": "download_weights",
            "MODELTYPE_FILEPATH_MAP": "MODELTYPE_FILEPATH_MAP",
            "MODEL_BASE_PATH": "MODEL_BASE_PATH",
            "check_for_weights": "check_for_weights",
            "download_model": "download_model",
            "download_weights": "download_weights",
            "set_visible_devices": "set_visible_devices",
            "smart_restore": "smart_restore",
        },
    },
    "deeplabcut.utils.auxiliaryfunctions_3d": {
        "deeplabcut.core.triangulation": {"triangulatePoints": "triangulate_points"},
        "deeplabcut.io.calibration": {"LoadMetadata3d": "load_metadata_3d", "SaveMetadata3d": "save_metadata_3d"},
        "deeplabcut.pose_estimation_3d.board_points": ["compute_triangulation_calibration_images"],
        "deeplabcut.pose_estimation_3d.matching": ["create_empty_df", "cross_view_match_dataframes"],
        "deeplabcut.project.cameras": {
            "Foldernames3Dproject": "folders_3d",
            "Get_list_of_triangulated_and_videoFiles": "triangulated_and_video_files",
            "get_camerawise_videos": "get_camerawise_videos",
        },
    },
    "deeplabcut.utils.multiprocessing": {"deeplabcut.core.timeouts": ["call_with_timeout"]},
    "deeplabcut.utils.pandas_future_mode": {
        "deeplabcut.io.pandas_mode": ["configure_pandas_future_if_enabled", "is_enabled"],
    },
    "deeplabcut.utils.auxiliaryfunctions": {
        "deeplabcut.core.config": [*_CONFIG_FILES, "read_plainconfig", "write_plainconfig"],
        "deeplabcut.core.deprecation": ["deprecated"],
        "deeplabcut.core.folders": [
            "attempt_to_make_folder",
            "filter_files_by_patterns",
            "get_deeplabcut_path",
            "grab_files_in_folder",
            "safe_resolve",
        ],
        "deeplabcut.generate_training_dataset.labels": ["find_next_unlabeled_folder"],
        "deeplabcut.io.pickles": {"read_pickle": "read_pickle_with_pandas", "write_pickle": "write_pickle"},
        "deeplabcut.io.predictions": {
            "SaveData": "save_data",
            "form_data_containers": "form_data_containers",
            "save_data": "save_data",
        },
        "deeplabcut.io.training_set": {
            "LoadMetadata": "load_metadata",
            "SaveMetadata": "save_metadata",
            "load_metadata": "load_metadata",
            "save_metadata": "save_metadata",
        },
        "deeplabcut.io.video.collect": {
            "GetVideoList": "get_video_list",
            "SUPPORTED_VIDEOS": "SUPPORTED_VIDEOS",
            "collect_video_paths": "collect_video_paths",
            "get_list_of_videos": "get_list_of_videos",
            "get_video_list": "get_video_list",
        },
        "deeplabcut.project.names": {
            "IntersectionofBodyPartsandOnesGivenbyUser": "intersection_of_body_parts_and_ones_given_by_user",
            "get_bodyparts": "get_bodyparts",
            "get_unique_bodyparts": "get_unique_bodyparts",
            "intersection_of_body_parts_and_ones_given_by_user": "intersection_of_body_parts_and_ones_given_by_user",
        },
        "deeplabcut.project.results": {
            "CheckifNotAnalyzed": "check_if_not_analyzed",
            "CheckifNotEvaluated": "check_if_not_evaluated",
            "CheckifPostProcessing": "check_if_post_processing",
            "check_if_not_analyzed": "check_if_not_analyzed",
            "check_if_not_evaluated": "check_if_not_evaluated",
            "check_if_post_processing": "check_if_post_processing",
            "find_analyzed_data": "find_analyzed_data",
            "find_video_full_data": "find_video_full_data",
            "find_video_metadata": "find_video_metadata",
            "load_analyzed_data": "load_analyzed_data",
            "load_detection_data": "load_detection_data",
            "load_video_full_data": "load_video_full_data",
            "load_video_metadata": "load_video_metadata",
        },
        "deeplabcut.project.scorer": {
            "GetEvaluationFolder": "get_evaluation_folder",
            "GetScorerName": "get_scorer_name",
            "get_evaluation_folder": "get_evaluation_folder",
            "get_scorer_name": "get_scorer_name",
        },
        "deeplabcut.project.snapshots": ["get_snapshot_index_for_scorer", "get_snapshots_from_folder"],
        "deeplabcut.project.layout": {
            "GetDataandMetaDataFilenames": "get_data_and_metadata_filenames",
            "GetModelFolder": "get_model_folder",
            "GetTrainingSetFolder": "get_training_set_folder",
            "get_data_and_metadata_filenames": "get_data_and_metadata_filenames",
            "get_labeled_data_folder": "get_labeled_data_folder",
            "get_model_folder": "get_model_folder",
            "get_training_set_folder": "get_training_set_folder",
        },
    },
    "deeplabcut.utils.conversioncode": {
        _CONVERSION: [
            "adapt_labeled_data_to_new_project",
            "convertcsv2h5",
            "merge_windowsannotationdataONlinuxsystem",
        ],
        "deeplabcut.io.frames": ["guarantee_multiindex_rows"],
        "deeplabcut.post_processing.conversion": ["analyze_videos_converth5_to_csv"],
    },
    "deeplabcut.utils.frameselectiontools": {
        "deeplabcut.io.video.frame_selection": {
            "KmeansbasedFrameselection": "kmeans_of_clip",
            "KmeansbasedFrameselectioncv2": "kmeans_of_reader",
            "UniformFrames": "uniform_of_clip",
            "UniformFramescv2": "uniform_of_reader",
        },
    },
    "deeplabcut.utils.skeleton": {},
    "deeplabcut.utils.video_processor": {
        "deeplabcut.io.video.processor": ["VideoProcessor", "VideoProcessorCV"],
    },
}
"""Historical module -> {home: names}; served by `deeplabcut._lazy`, resolved whole by a test."""

# The package of the tools offers the names of its modules as well.
_together: dict[str, dict[str, str]] = {}
for _module in (
    "auxfun_multianimal",
    "auxfun_videos",
    "auxiliaryfunctions",
    "conversioncode",
    "frameselectiontools",
    "video_processor",
):
    for _home, _names in ADDRESSES[f"deeplabcut.utils.{_module}"].items():
        _pairs = _names if isinstance(_names, dict) else dict(zip(_names, _names, strict=True))
        _together.setdefault(_home, {}).update(_pairs)
ADDRESSES["deeplabcut.utils"] = dict(_together)

ABSENT: dict[str, dict[str, str]] = {"deeplabcut.utils.skeleton": {"SkeletonBuilder": GUI_SENTENCE}}
"""Historical module -> {name: sentence}: names that are listed there but do not exist yet."""
