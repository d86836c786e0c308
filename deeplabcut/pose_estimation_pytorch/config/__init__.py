"""Typed configurations of networks. Names resolve on first use."""

from deeplabcut._lazy import attach

_HERE = "deeplabcut.pose_estimation_pytorch.config"
__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "deeplabcut.core.config": ["pretty_print", "read_config_as_dict", "write_config"],
        f"{_HERE}.ctd_conditions": [
            "ConditionsConfig",
            "ConditionsFileConfig",
            "ConditionsModelConfig",
            "ConditionsShuffleConfig",
        ],
        f"{_HERE}.data": [
            "COCOLoaderConfig",
            "DataConfig",
            "DataLoaderType",
            "DataTransformationConfig",
            "DetectorDataConfig",
            "DLCLoaderConfig",
            "GenSamplingConfig",
        ],
        f"{_HERE}.enums": ["DatasetType", "DetectorType", "MethodType", "NetType"],
        f"{_HERE}.inference": [
            "AutocastConfig",
            "CompileConfig",
            "EvaluationConfig",
            "InferenceConfig",
            "MultithreadingConfig",
        ],
        f"{_HERE}.logger": ["CSVLoggerConfig", "LoggerConfig", "LoggerType", "WandbLoggerConfig"],
        f"{_HERE}.make_pose_config": [
            "make_basic_project_config",
            "make_pytorch_pose_config",
            "make_pytorch_test_config",
        ],
        f"{_HERE}.metadata": ["PoseMetadata"],
        f"{_HERE}.model": ["DetectorModelConfig", "ModelConfig"],
        f"{_HERE}.paf_parameters": ["PAFParameters", "get_paf_parameters"],
        f"{_HERE}.pose": ["DetectorConfig", "PoseConfig", "TestConfig"],
        f"{_HERE}.runner": ["OptimizerConfig", "RunnerConfig", "SchedulerConfig", "SnapshotCheckpointConfig"],
        f"{_HERE}.training": ["TrainSettingsConfig"],
        f"{_HERE}.utils": [
            "available_detectors",
            "available_models",
            "get_config_folder_path",
            "is_model_cond_top_down",
            "is_model_top_down",
            "load_backbones",
            "load_base_config",
            "load_detectors",
            "replace_default_values",
            "update_config",
            "update_config_by_dotpath",
        ],
    },
)
