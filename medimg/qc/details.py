"""What reasons and marks speak of, in words: organs, gates, why a metric has no value, what was measured where."""

import re
from collections.abc import Mapping

from medimg.qc.film import words

ORGANS: Mapping[str, Mapping[str, str]] = {
    "lung_r": {"en": "right lung", "zh": "右肺"},
    "lung_l": {"en": "left lung", "zh": "左肺"},
    "lung": {"en": "lungs", "zh": "双肺轮廓"},
    "lung_both": {"en": "overlap of the lungs", "zh": "双肺重叠"},
    "heart": {"en": "heart", "zh": "心影"},
    "mediastinum": {"en": "mediastinum", "zh": "纵隔"},
    "clavicle_r": {"en": "right clavicle", "zh": "右锁骨"},
    "clavicle_l": {"en": "left clavicle", "zh": "左锁骨"},
    "scapula_r": {"en": "right scapula", "zh": "右肩胛骨"},
    "scapula_l": {"en": "left scapula", "zh": "左肩胛骨"},
    "spine": {"en": "spine", "zh": "脊柱"},
    "trachea": {"en": "trachea", "zh": "气管"},
    "diaphragm_r": {"en": "right hemidiaphragm", "zh": "右膈"},
    "diaphragm_l": {"en": "left hemidiaphragm", "zh": "左膈"},
    "diaphragm": {"en": "diaphragm", "zh": "膈"},
    "ribs_r": {"en": "posterior right ribs", "zh": "右后肋"},
    "sternum": {"en": "sternum", "zh": "胸骨"},
    "arm": {"en": "arm", "zh": "上臂"},
}

# A gate is named, and not what is wrong with it: it is shut too where its quantity could not be measured.
GATES: Mapping[str, Mapping[str, str]] = {
    "fragments": {"en": "share of a mask outside its largest part", "zh": "分割碎片比例"},
    "trust": {"en": "trust in the mask", "zh": "分割可信度"},
    "lung_top_diff": {"en": "difference in height of the lungs' tops", "zh": "两侧肺尖高度差"},
    "lung_overlap": {"en": "overlap of a lung with the other, heart or mediastinum", "zh": "肺野与对侧肺、心影或纵隔的重叠"},
    "lung_gap": {"en": "distance between the lungs", "zh": "两肺间距"},
    "spine_residual": {"en": "straightness of the spine", "zh": "脊柱平直度"},
    "spine_rows": {"en": "height of the spine's mask", "zh": "脊柱分割高度"},
    "spine_offset": {"en": "distance of the spine from the middle between the lungs", "zh": "脊柱距两肺中间的偏移"},
    "sternum_residual": {"en": "straightness of the sternum", "zh": "胸骨平直度"},
    "clavicle_y_diff": {"en": "difference in height of the medial clavicle ends", "zh": "两侧锁骨内侧端高度差"},
    "clavicle_to_lung": {"en": "distance of a medial clavicle end from its lung", "zh": "锁骨内侧端与肺野内缘的距离"},
    "clavicle_balance": {"en": "lengths of the clavicles", "zh": "两侧锁骨长度比"},
    "angles_cut": {"en": "costophrenic angles that the frame cuts off", "zh": "被截断的肋膈角数"},
    "unexplained": {"en": "parts missing that the frame does not cut off", "zh": "并非因截断而缺失的结构数"},
    "wall_span": {"en": "distance from sternum to spine", "zh": "胸骨至脊柱的距离"},
    "tag_difference": {"en": "the file's deviation index against that of its exposure indices", "zh": "文件所记偏差指数与计算值之差"},
    "clipped_at_ends": {"en": "lung pixels at the ends of the stored values", "zh": "处于存储值两端的肺野像素比例"},
    "outside_window": {"en": "lung pixels outside the window", "zh": "超出窗宽窗位的肺野像素比例"},
    "core": {"en": "area of the spine behind the heart", "zh": "心影后脊柱面积"},
    "edge_profiles": {"en": "number of clear places on the borders", "zh": "边缘上可测位置的数量"},
    "edge_spread": {"en": "spread of the sharpness along the borders", "zh": "边缘锐利度的离散程度"},
    "difference": {"en": "difference in grey of the lungs and what lies beside them", "zh": "肺野与相邻组织的灰度差"},
    "scapula_width": {"en": "width of a shoulder blade", "zh": "肩胛骨宽度"},
    "scapula_height": {"en": "height of a shoulder blade", "zh": "肩胛骨高度"},
    "rib_gap": {"en": "distances between the ribs", "zh": "肋骨间距"},
    "view_differs": {"en": "view that the header tells", "zh": "文件头记录的体位"},
    "networks_disagree": {"en": "view that the networks recognise", "zh": "网络识别的体位"},
    "heart_offset": {"en": "side on which the heart lies", "zh": "心影所在侧"},
    "both_share": {"en": "size of the lungs' overlap", "zh": "双肺重叠范围"},
}
GATES_OF_ORGANS: Mapping[str, Mapping[str, str]] = {
    "missing": {"en": "missing: {}", "zh": "缺失：{}"},
    "cut": {"en": "contour of the {} that the frame cuts off", "zh": "{}轮廓截断比例"},
    "trust": {"en": "trust in the mask of the {}", "zh": "{}分割可信度"},
    "contrast": {"en": "contrast of the {}", "zh": "{}对比度"},
}

# Why a metric has no value, as it says itself; {}: an organ, or a word of these.
NO_VALUE: Mapping[str, str] = {
    "there is no mask of the {}": "缺少{}的分割",
    "nothing was found of the {}": "未找到{}",
    "too little was found of the {}": "{}分割过少",
    "the {}s have exchanged sides": "左右{}互换",
    "the {}s lie on each other": "左右{}相互重叠",
    "the {} is too short to give an axis": "{}过短，无法确定轴线",
    "the {} is wider than high, so it has no upright axis": "{}宽大于高，无法确定纵轴",
    "the {} costophrenic angle is cut off by the side of the frame": "{}肋膈角被照射野侧缘截断",
    "the {} has no costophrenic angle": "{}未见肋膈角",
    "the size of the pixels is not known": "像素大小未知",
    "no rib lies between the right dome and the spine": "右膈顶与脊柱之间未见肋骨",
    "the file does not tell its view": "文件未注明体位",
    "no border of dome or heart is clear enough to tell its sharpness": "膈顶与心影边缘均不够清晰，无法测量锐利度",
    "the masks come without trust": "分割未附可信度",
    "the trust of a mask is not a number": "分割可信度不是数值",
    "the lungs are not darker than the organs between them": "肺野不比其间的结构暗",
    "a lung is too small to tell its noise": "肺野过小，无法测量噪声",
    "there is no noise behind the heart to compare with": "心影后无噪声可供比较",
    "the heart does not lie over the spine": "心影未与脊柱重叠",
    "a study has it, not a film": "仅适用于整次检查",
    "the spine does not run between the lungs": "脊柱不在两肺之间",
    "the sternum does not lie in front of the spine": "胸骨不在脊柱前方",
    "the overlap of the lungs does not lie in their outline": "双肺重叠区超出双肺轮廓",
    "the lungs do not overlap at mid-lung": "双肺在中肺水平无重叠",
    "there is no mask of the arm": "缺少上臂的分割",
    "a posterior costophrenic angle is cut off by the frame": "后肋膈角被照射野截断",
    "the film comes without grey values": "无灰度数据",
    "some grey values are not numbers": "部分灰度值不是数值",
    "all pixels have the same grey value": "全部像素值相同",
    "an organ has too few pixels for its grey value": "结构像素过少，无法测量灰度",
    "the heart covers the lungs": "心影覆盖肺野",
    "the clavicles cross each other": "两侧锁骨交叉",
    "the medial ends of the clavicles lie on the midline": "锁骨内侧端位于中线上",
    "the file tells neither exposure index and target nor deviation index": "文件未注明曝光指数及其目标值，也未注明偏差指数",
    "the stored values of the lungs were not counted": "未统计肺野存储值",
    "no pixel of the lungs was counted": "肺野无可统计像素",
    "the counts of the lungs' stored values contradict each other": "肺野存储值统计前后矛盾",
    "the file does not tell {}": "文件未注明 {}",
    "the metric is broken: {}": "测量程序出错：{}",
    "the measured value is not a number": "测量结果不是数值",
}
MARKS: Mapping[str, str] = {
    "annotation": "文字标记", "apex above clavicle": "肺尖高出锁骨的距离", "apex margin": "肺尖留边", "arm": "上臂",
    "back margin": "后缘留边", "base margin": "下缘留边", "costophrenic angle": "肋膈角", "cut off": "被截断", "cut {}": "{}截断处",
    "dome": "膈顶", "field": "照射野", "front margin": "前缘留边", "heart": "心影", "height": "高度", "lateral margin": "侧缘留边",
    "left dome": "左膈顶", "left heart border": "左心缘", "lower angle": "较低的肋膈角", "lung": "肺野", "lungs": "双肺",
    "lungs and 2 cm": "双肺外扩 2 cm", "major axis": "长轴", "medial end": "锁骨内侧端", "midline": "中线", "minor axis": "短轴",
    "off centre": "偏离中心", "posterior borders": "两侧后缘", "rib": "肋骨", "right dome": "右膈顶", "scapula": "肩胛骨",
    "spine": "脊柱", "sternum": "胸骨", "thorax": "胸廓", "to the midline": "至中线的距离", "trachea": "气管",
    "upper angle": "较高的肋膈角",
}  # fmt: skip
WORDS = {"right": "右侧", "left": "左侧", "posterior": "后", "lung": "肺", "clavicle": "锁骨", "scapula": "肩胛骨"}


def organ(name: str, language: str) -> str:
    """Name an organ: lung_r -> right lung, 右肺; another by its own name."""
    known = ORGANS.get(name)
    return known[language] if known else name.replace("_", " ")


def gate(name: str, language: str) -> str:
    """Name the quantity of a gate; another package's by its own name.

    >>> gate("rib_gap", "en"), gate("cut_lung_r", "zh")
    ('distances between the ribs', '右肺轮廓截断比例')
    """
    family, _, of = name.partition("_")
    if name in GATES:
        return GATES[name][language]
    return GATES_OF_ORGANS[family][language].format(organ(of, language)) if family in GATES_OF_ORGANS else name.replace("_", " ")


def no_value(text: str, language: str) -> str:
    """Why a metric has no value; what another package says stays as it is.

    >>> no_value("there is no mask of the right clavicle", "zh")
    '缺少右锁骨的分割'
    """
    return text if language == "en" else in_chinese(text, NO_VALUE)


def mark(label: str, language: str) -> str:
    """What a mark shows.

    >>> mark("cut right lung", "zh")
    '右肺截断处'
    """
    return label if language == "en" else in_chinese(label, MARKS)


def in_chinese(text: str, known: Mapping[str, str]) -> str:
    """A text by `known`, a mapping of English texts to Chinese ones with {} for an organ; itself where it is not known."""
    if text in known:
        return known[text]
    for english, chinese in known.items():
        before, hole, after = english.partition("{}")
        if hole and (found := re.fullmatch(f"{re.escape(before)}(.+){re.escape(after)}", text)):
            return chinese.format(_word(found[1]))
    return text


def _word(english: str) -> str:
    return WORDS.get(english) or next((told["zh"] for name, told in ORGANS.items() if english in (words(name), told["en"])), english)
