import type { AuditAction, AuditEvent, PageQuery } from '@chatbot-platform/contract'
import type { Database, Tx } from '../../platform/database/database.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Logger } from '../../platform/logger.ts'
import { decodeCursor, type Page, timeCursor, toPage } from '../../platform/paging.ts'
import type { Scope } from '../../platform/scope.ts'
import { enterHomeWorkspace, insertEvent, isOwner, listEvents } from './audit.repository.ts'
import type { AuditEventRow } from './audit-events.table.ts'

interface Deps {
  db: Pick<Database, 'identity' | 'read'>
  logger: Pick<Logger, 'warn'>
}

type AccountAction = Extract<AuditAction, `user.${string}`>
type ContentAction = Exclude<AuditAction, AccountAction>

const targetTypes: Record<ContentAction, AuditEvent['target']['type']> = {
  'project.deleted': 'project',
  'file.uploaded': 'file',
  'file.deleted': 'file',
  'source.added': 'source',
  'source.deleted': 'source',
  'session.deleted': 'session',
  'session.exported': 'session',
}

export interface AuditService {
  /** Notes what the caller does to something, within the tenant transaction that does it. */
  record(tx: Tx, scope: Scope, action: ContentAction, targetId: string): Promise<void>
  /**
   * Notes what happens to an account, as the last statement of the identity transaction that does it: the transaction
   * then stands in the user's workspace. `actorId` is null for the operator.
   */
  recordAccount(tx: Tx, userId: string, action: AccountAction, by?: AccountActor): Promise<void>
  /** Notes a failed sign-in in its own time: the answer must not tell by how long it takes that the account exists. */
  noteFailedSignIn(userId: string, address: string): void
  /** Throws 403 `forbidden` to who does not own the workspace. */
  list(scope: Scope, query: PageQuery): Promise<Page<AuditEvent>>
}

interface AccountActor {
  actorId: string | null
  address?: string
}

/** The append-only log of who signed in, deleted and took away what. */
export function createAuditService({ db, logger }: Deps): AuditService {
  const recordAccount: AuditService['recordAccount'] = async (tx, userId, action, by = { actorId: userId }) => {
    const workspaceId = await enterHomeWorkspace(tx, userId)
    if (workspaceId === undefined) return
    const { actorId, address = null } = by
    await insertEvent(tx, { workspaceId, id: newId(), action, actorId, targetType: 'user', targetId: userId, address })
  }

  return {
    record: (tx, { workspaceId, userId }, action, targetId) => {
      const targetType = targetTypes[action]
      return insertEvent(tx, { workspaceId, id: newId(), action, actorId: userId, targetType, targetId, address: null })
    },

    recordAccount,

    noteFailedSignIn: (userId, address) => {
      const by = { actorId: null, address }
      db.identity({ userId }, (tx) => recordAccount(tx, userId, 'user.sign_in_failed', by)).catch((error: unknown) =>
        logger.warn({ err: error, user_id: userId }, 'a failed sign-in could not be noted in the audit log'),
      )
    },

    list: (scope, { limit, cursor }) => {
      const after = decodeCursor(cursor, timeCursor)
      return db.read(scope, async (tx) => {
        if (!(await isOwner(tx, scope))) throw new AppError('forbidden', 'Only an owner of the workspace may see this.')
        const rows = await listEvents(tx, scope, limit, after)
        return toPage(rows, limit, (row) => [row.createdAt.toISOString(), row.id], toEvent)
      })
    },
  }
}

function toEvent(row: AuditEventRow): AuditEvent {
  return {
    id: row.id,
    action: row.action,
    actor_id: row.actorId,
    target: { type: row.targetType, id: row.targetId },
    address: row.address,
    created_at: row.createdAt.toISOString(),
  }
}
