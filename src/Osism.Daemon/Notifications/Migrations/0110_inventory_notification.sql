-- Also the sources of the inventory break and become whole again; there is no job then.
alter table notification_event alter column job_id drop not null;
alter table notification_event alter column state drop not null;

-- Stored by the transaction that says what a look at the sources gave.
create function inventory_note() returns trigger language plpgsql as $$
declare
    topic constant text := 'inventory/reconcile';
    fault jsonb := new.faults -> 0;
    others int := jsonb_array_length(new.faults) - 1;
begin
    if tg_op = 'UPDATE' and new.faults = old.faults then
        return null;
    end if;
    if fault is not null then
        insert into notification_event (at, kind, subject, detail, open)
        values (osism_now(), 'failure', topic,
            concat_ws(': ', concat_ws(', line ', fault ->> 'file', fault ->> 'line'), fault ->> 'message')
                || case when others > 0 then format(' (and %s more)', others) else '' end
                || case when new.published is null then '' else format(E'\nrevision %s stays in effect', coalesce(new.held, new.published)) end,
            true);
    elsif exists (select from notification_event where subject = topic and open) then
        insert into notification_event (at, kind, subject, detail, open)
        values (osism_now(), 'recovery', topic, format('revision %s is in effect', coalesce(new.held, new.published)), false);
    end if;
    return null;
end $$;

create trigger inventory_head_notification after insert or update of faults on inventory_head for each row execute function inventory_note();
