-- What each table and column is, for those that do not say it yet: the data dictionary is made of it.

-- +goose Up
ALTER TABLE post_events MODIFY COMMENT 'Every distinct event, once: one row for each event id that was not seen for the same user and post within the day before';
ALTER TABLE post_events
    COMMENT COLUMN event_type 'what the user did; a like that was taken back is still an event',
    COMMENT COLUMN user_id 'who did it',
    COMMENT COLUMN post_id 'to which post',
    COMMENT COLUMN device 'what the producer called the device; empty where it did not say',
    COMMENT COLUMN app_ver 'version of the app; empty where the producer did not say',
    COMMENT COLUMN comment_id 'which comment, of a post_comment; empty where the producer did not say',
    COMMENT COLUMN kafka_partition 'partition of the record the row was read from',
    COMMENT COLUMN kafka_offset 'offset of that record; unique together with topic id and partition';
ALTER TABLE post_engagement_hourly
    COMMENT COLUMN post_id 'the post',
    COMMENT COLUMN views 'events post_view of the hour',
    COMMENT COLUMN likes 'events post_like of the hour, of which a user may send several',
    COMMENT COLUMN comments 'events post_comment of the hour',
    COMMENT COLUMN shares 'events post_share of the hour',
    COMMENT COLUMN impressions 'events post_impression of the hour';
ALTER TABLE post_engagement_minutely
    COMMENT COLUMN post_id 'the post',
    COMMENT COLUMN views 'events post_view of the minute',
    COMMENT COLUMN likes 'events post_like of the minute, of which a user may send several',
    COMMENT COLUMN comments 'events post_comment of the minute',
    COMMENT COLUMN shares 'events post_share of the minute',
    COMMENT COLUMN impressions 'events post_impression of the minute';
ALTER TABLE post_stats_24h
    COMMENT COLUMN post_id 'the post',
    COMMENT COLUMN comments 'of the same 24 h',
    COMMENT COLUMN shares 'of the same 24 h',
    COMMENT COLUMN impressions 'of the same 24 h';
ALTER TABLE materialized_view_checks
    COMMENT COLUMN view_name 'the materialized view',
    COMMENT COLUMN target_table 'where its rows lie',
    COMMENT COLUMN source_tables 'what it is made of';
