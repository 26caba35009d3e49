-- The W3C traceparent of what set the alarm, if that was a part of a trace.
ALTER TABLE timers ADD COLUMN set_by TEXT;
