-- A user that reads one database and changes nothing. Drivers set a limit to the time of each query, so that must stay
-- changeable.
CREATE USER IF NOT EXISTS {user} IDENTIFIED WITH sha256_hash BY '{hash}';
ALTER USER {user} IDENTIFIED WITH sha256_hash BY '{hash}' SETTINGS readonly = 1, max_execution_time CHANGEABLE_IN_READONLY;
GRANT SELECT ON {database}.* TO {user};
