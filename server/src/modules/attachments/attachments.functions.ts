import { invokerFunction, type Programmable, systemFunction } from '../../platform/database/programmable.ts'

/** An image as a turn hands it on, and as messages show it but for its key. */
const asJson = `'id', a.id, 'kind', a.kind, 'bytes', a.bytes, 'width', a.width, 'height', a.height,
      'created_at', a.created_at, 'storage_key', a.storage_key`

export const attachmentFunctions: Programmable[] = [
  invokerFunction(
    'bind_attachments(uuid, uuid, uuid, uuid, uuid[], uuid[])',
    `bind_attachments(
  p_workspace uuid, p_project uuid, p_message uuid, p_before uuid, p_ids uuid[], p_copies uuid[]
) RETURNS void LANGUAGE sql AS $$
  -- Those of the question before stay its own: the new one gets copies, of the same bytes.
  INSERT INTO attachments (workspace_id, id, project_id, message_id, ordinal, kind, bytes, width, height, storage_key,
      created_by, created_at)
    SELECT a.workspace_id, p_copies[w.ordinal], a.project_id, p_message, w.ordinal, a.kind, a.bytes, a.width, a.height,
        a.storage_key, a.created_by, a.created_at
      FROM unnest(p_ids) WITH ORDINALITY AS w(id, ordinal)
      JOIN attachments a ON a.workspace_id = p_workspace AND a.id = w.id AND a.message_id = p_before;
  UPDATE attachments a SET message_id = p_message, ordinal = w.ordinal
    FROM unnest(p_ids) WITH ORDINALITY AS w(id, ordinal)
    WHERE a.workspace_id = p_workspace AND a.id = w.id AND a.project_id = p_project AND a.message_id IS NULL
$$`,
  ),
  invokerFunction(
    'turn_images(uuid, uuid, int)',
    `turn_images(p_workspace uuid, p_question uuid, p_max_messages int) RETURNS json LANGUAGE sql STABLE AS $$
  -- The images on the path up to a question, which has the depth 0.
  WITH RECURSIVE path AS (
    SELECT m.id, m.parent_id, 0 AS depth FROM messages m WHERE m.workspace_id = p_workspace AND m.id = p_question
    UNION ALL
    SELECT m.id, m.parent_id, p.depth + 1 FROM path p
      JOIN messages m ON m.workspace_id = p_workspace AND m.id = p.parent_id WHERE p.depth < p_max_messages
  )
  SELECT json_agg(json_build_object('depth', path.depth, ${asJson}) ORDER BY path.depth, a.ordinal)
    FROM path JOIN attachments a ON a.workspace_id = p_workspace AND a.message_id = path.id
$$`,
  ),
  systemFunction(
    'forget_unsent_attachments(interval)',
    `forget_unsent_attachments(p_age interval) RETURNS SETOF text LANGUAGE sql AS $$
  DELETE FROM attachments a WHERE a.message_id IS NULL AND a.created_at < now() - p_age RETURNING a.storage_key
$$`,
  ),
  systemFunction(
    'attachment_keys_in_use(uuid[], text[])',
    `attachment_keys_in_use(p_workspaces uuid[], p_keys text[]) RETURNS SETOF text LANGUAGE sql STABLE AS $$
  SELECT k.key FROM unnest(p_workspaces, p_keys) AS k(workspace_id, key)
    WHERE EXISTS (SELECT FROM attachments a WHERE a.workspace_id = k.workspace_id AND a.storage_key = k.key)
$$`,
  ),
]
