import { PassageView } from '../features/knowledge/passage-view.tsx'
import { closePassage, type PassagePlace } from '../lib/opened-passage.ts'
import { Dialog } from '../ui/dialog.tsx'

/** A passage beside the page. */
export function PassageDrawer({ place }: { place: PassagePlace }) {
  return (
    <Dialog open onClose={closePassage} title={place.name} side="end" className="w-[min(36rem,94vw)]!">
      <div className="min-h-0 flex-1 overflow-y-auto p-4">
        <PassageView key={`${place.fileId} ${place.ordinal}`} place={place} />
      </div>
    </Dialog>
  )
}
