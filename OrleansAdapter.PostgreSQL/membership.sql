-- The tables and queries that Orleans' ADO.NET clustering (10.4) asks of PostgreSQL. Running it again changes nothing but outdated queries.
CREATE TABLE IF NOT EXISTS OrleansQuery (
  QueryKey varchar(64) PRIMARY KEY,
  QueryText varchar(8000) NOT NULL);

CREATE TABLE IF NOT EXISTS OrleansMembershipVersionTable (
  DeploymentId varchar(150) PRIMARY KEY,
  Timestamp timestamptz(3) NOT NULL DEFAULT now(),
  Version integer NOT NULL DEFAULT 0);

CREATE TABLE IF NOT EXISTS OrleansMembershipTable (
  DeploymentId varchar(150) NOT NULL REFERENCES OrleansMembershipVersionTable,
  Address varchar(45) NOT NULL,
  Port integer NOT NULL,
  Generation integer NOT NULL,
  SiloName varchar(150) NOT NULL,
  HostName varchar(150) NOT NULL,
  Status integer NOT NULL,
  ProxyPort integer,
  SuspectTimes varchar(8000),
  StartTime timestamptz(3) NOT NULL,
  IAmAliveTime timestamptz(3) NOT NULL,
  PRIMARY KEY (DeploymentId, Address, Port, Generation));

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('UpdateIAmAlivetimeKey', '
UPDATE OrleansMembershipTable SET IAmAliveTime = @IAmAliveTime
WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation;'),

('InsertMembershipVersionKey', '
WITH added AS (INSERT INTO OrleansMembershipVersionTable (DeploymentId) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
SELECT count(*)::int AS row_count FROM added;'),

('InsertMembershipKey', '
WITH version AS (
  UPDATE OrleansMembershipVersionTable SET Timestamp = now(), Version = Version + 1
  WHERE DeploymentId = @DeploymentId AND Version = @Version RETURNING 1),
added AS (
  INSERT INTO OrleansMembershipTable
    (DeploymentId, Address, Port, Generation, SiloName, HostName, Status, ProxyPort, StartTime, IAmAliveTime)
  SELECT @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM version
  ON CONFLICT DO NOTHING RETURNING 1)
SELECT count(*)::int AS row_count FROM added;'),

('UpdateMembershipKey', '
WITH version AS (
  UPDATE OrleansMembershipVersionTable SET Timestamp = now(), Version = Version + 1
  WHERE DeploymentId = @DeploymentId AND Version = @Version RETURNING 1),
changed AS (
  UPDATE OrleansMembershipTable SET Status = @Status, SuspectTimes = @SuspectTimes, IAmAliveTime = @IAmAliveTime
  WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation
    AND EXISTS (SELECT 1 FROM version) RETURNING 1)
SELECT count(*)::int AS row_count FROM changed;'),

('MembershipReadRowKey', '
SELECT version.DeploymentId, silo.Address, silo.Port, silo.Generation, silo.SiloName, silo.HostName, silo.Status, silo.ProxyPort,
  silo.SuspectTimes, silo.StartTime, silo.IAmAliveTime, version.Version
FROM OrleansMembershipVersionTable version LEFT JOIN OrleansMembershipTable silo
  ON silo.DeploymentId = version.DeploymentId AND silo.Address = @Address AND silo.Port = @Port AND silo.Generation = @Generation
WHERE version.DeploymentId = @DeploymentId;'),

('MembershipReadAllKey', '
SELECT version.DeploymentId, silo.Address, silo.Port, silo.Generation, silo.SiloName, silo.HostName, silo.Status, silo.ProxyPort,
  silo.SuspectTimes, silo.StartTime, silo.IAmAliveTime, version.Version
FROM OrleansMembershipVersionTable version LEFT JOIN OrleansMembershipTable silo ON silo.DeploymentId = version.DeploymentId
WHERE version.DeploymentId = @DeploymentId;'),

('DeleteMembershipTableEntriesKey', '
DELETE FROM OrleansMembershipTable WHERE DeploymentId = @DeploymentId;
DELETE FROM OrleansMembershipVersionTable WHERE DeploymentId = @DeploymentId;'),

('GatewaysQueryKey', '
SELECT Address, ProxyPort, Generation FROM OrleansMembershipTable
WHERE DeploymentId = @DeploymentId AND Status = @Status AND ProxyPort > 0;'),

('CleanupDefunctSiloEntriesKey', '
DELETE FROM OrleansMembershipTable WHERE DeploymentId = @DeploymentId AND IAmAliveTime < @IAmAliveTime AND Status != 3;')
ON CONFLICT (QueryKey) DO UPDATE SET QueryText = EXCLUDED.QueryText WHERE OrleansQuery.QueryText <> EXCLUDED.QueryText;
