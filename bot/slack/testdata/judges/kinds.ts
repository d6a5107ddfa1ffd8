// What a sample can be, in Slack's own types. Those of views take any block for
// a block of the future, and so find nothing: here only known ones count.
import type { HomeView, KnownBlock, ModalView } from '@slack/types'
import type { AppsManifestCreateArguments } from '@slack/web-api'

type Strict<V> = Omit<V, 'blocks'> & { blocks: KnownBlock[] }

export type Blocks = KnownBlock[]
export type Home = Strict<HomeView>
export type Modal = Strict<ModalView>
export type Manifest = AppsManifestCreateArguments['manifest']
