// Bones of a conversation, of the size of what comes.
import type { ReactNode } from 'react'
import { Bone, Delayed } from '../../../components/delayed'
import classes from './conversation-pane.module.css'

const PARTS = [['30%', '92%', '70%'], ['24%', '84%', '40%'], ['28%', '88%', '62%']] as const

export function PaneSkeleton({ lead }: { lead?: ReactNode }) {
  return (
    <>
      {lead && <div className={classes.lead}>{lead}</div>}
      <Delayed>
        <div className={classes.header_bones}>
          <Bone width="45%" height="1.2em" />
        </div>
        {PARTS.map(([name, first, second]) => (
          <div key={name} className={classes.bones}>
            <Bone width={name} />
            <Bone width={first} />
            <Bone width={second} />
          </div>
        ))}
      </Delayed>
    </>
  )
}
