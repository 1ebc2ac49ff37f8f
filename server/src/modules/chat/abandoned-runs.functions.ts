import { type Programmable, systemFunction } from '../../platform/database/programmable.ts'

/** For processes that are known to be gone: nobody has to wait until their leases expire. */
export const abandonedRunFunctions: Programmable[] = [
  systemFunction(
    'give_up_runs(uuid[])',
    `give_up_runs(p_owners uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE messages m SET lease_until = now() - interval '1 second'
    WHERE m.state IN ('pending', 'streaming') AND m.run_owner = ANY (p_owners);
END $$`,
  ),
]
