//! Overview, tags, events: the words of their templates.

crate::web::i18n::declare! {
    SUMMARY = "live.summary": "Summary", "요약";
    TAGS_BY_QUALITY = "live.tags_by_quality": "Tags by quality", "품질별 태그";
    RECENT = "live.recent": "What happened last", "최근 이벤트";
    TO_EVENTS = "live.to_events": "All events", "모든 이벤트";
    FILTER = "live.filter": "Filter tags", "태그 필터";
    FILTER_SAMPLE = "live.filter_sample": "Filter: volt, oven/*, */alarm", "필터: volt, oven/*, */alarm 형식";
    GROUPS = "live.groups": "Groups", "그룹";
    DETAIL = "live.detail": "All attributes of the chosen tag", "선택한 태그의 모든 속성";
    KEYS = "live.keys":
        "Arrow keys move, Enter shows all attributes, F2 or W writes a value.",
        "화살표 키로 이동하고, Enter로 모든 속성을 보고, F2나 W로 값을 씁니다.";
    CATEGORY = "live.category": "Category", "분류";
    ALL_CATEGORIES = "live.all": "All", "전체";
    SEARCH = "live.search": "Search in events", "이벤트 검색";
    FOLLOW = "live.follow": "Follow", "실시간";
    OLDER = "live.older": "Older events", "이전 이벤트";
    COL_ID = "live.col_id": "No.", "번호";
    COL_TIME = "live.col_time": "Time", "시각";
    COL_SOURCE = "live.col_source": "Source", "출처";
    COL_ACTOR = "live.col_actor": "By", "주체";
    COL_SUBJECT = "live.col_subject": "Subject", "대상";
    COL_RESULT = "live.col_result": "Result", "결과";
    COL_DETAIL = "live.col_detail": "Detail", "상세";
}
