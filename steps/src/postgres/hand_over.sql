DO $hand_over$
DECLARE
  what text;
BEGIN
  -- Every name is written out whole.
  PERFORM set_config('search_path', '', true);
  FOR what IN
    WITH schemas AS (
      SELECT oid, nspname FROM pg_catalog.pg_namespace
      WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
    ), of_extensions AS (
      SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'
    )
    SELECT change FROM (
      -- The server's own rule gives "public" to whoever owns the database.
      SELECT 1 AS place, pg_catalog.format('SCHEMA %I', nspname) AS change
      FROM schemas
      WHERE nspname <> 'public'
        AND ('pg_catalog.pg_namespace'::regclass, oid) NOT IN (SELECT classid, objid FROM of_extensions)
      UNION ALL
      SELECT 2, pg_catalog.format(
        '%s %s',
        CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
          WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END,
        c.oid::regclass
      )
      FROM pg_catalog.pg_class c JOIN schemas ON schemas.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
        AND ('pg_catalog.pg_class'::regclass, c.oid) NOT IN (SELECT classid, objid FROM of_extensions)
        -- A sequence of a column goes with its table.
        AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_depend d
          WHERE c.relkind = 'S' AND d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
            AND d.deptype IN ('a', 'i')
        )
      UNION ALL
      SELECT 3, pg_catalog.format('%s %s', CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, t.oid::regtype)
      FROM pg_catalog.pg_type t JOIN schemas ON schemas.oid = t.typnamespace
      LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
      WHERE (
          t.typtype IN ('d', 'e', 'r') OR c.relkind = 'c'
          -- Since 17 a multirange goes with its range, and cannot be given away alone.
          OR t.typtype = 'm' AND pg_catalog.current_setting('server_version_num')::int < 170000
        )
        AND ('pg_catalog.pg_type'::regclass, t.oid) NOT IN (SELECT classid, objid FROM of_extensions)
      UNION ALL
      SELECT 4, pg_catalog.format('ROUTINE %s', p.oid::regprocedure)
      FROM pg_catalog.pg_proc p JOIN schemas ON schemas.oid = p.pronamespace
      WHERE ('pg_catalog.pg_proc'::regclass, p.oid) NOT IN (SELECT classid, objid FROM of_extensions)
    ) AS changes
    ORDER BY place
  LOOP
    EXECUTE pg_catalog.format('ALTER %s OWNER TO %I', what, pg_catalog.current_setting('tempus.owner'));
  END LOOP;
END
$hand_over$
