-- What each column of post_events is, for those that do not say it yet: the data dictionary is made of it.

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
