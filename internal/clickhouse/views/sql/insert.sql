INSERT INTO materialized_view_checks
    (view_name, target_table, source_tables, refresh_interval, last_refresh, last_duration_ms, staleness_seconds, rows, error, checked_at)
