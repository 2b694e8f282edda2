import asyncio, sys, random, collections, tempfile
sys.path.insert(0,'/work/main')
from datetime import *
from pathlib import Path
from beliefgraph.services import update
from beliefgraph.store import commits as sc
from tests.conftest import StoppedClock
from tests.world import World
from beliefgraph.local import LocalNeo4j
from beliefgraph.store.graph import connected
from beliefgraph.store.migrations import migrate
from beliefgraph.store.keys import Keyring
from beliefgraph.model.caller import Caller
from beliefgraph.model.definition import Catalog
from beliefgraph.model.event import Event
from beliefgraph.story.story import load_story
import inspect, tests.conftest as c
count=collections.Counter()
real=sc.write
async def write(graph,keyring,commits):
    for k in commits:
        for n in ('events','evidence','sources','beliefs','bearings','closed_holdings','holdings','closed_relations','relations','measurements','readings','closed_readings'):
            count[n]+=len(getattr(k,n))
        count['goal']+=k.goals.written_rows
        count['dec']+=k.decisions.written_rows
        count['all']+=k.written_rows
    await real(graph,keyring,commits)
update.write=write
def wide(n=850):
    attrs=[{"key":f"a.n{i}","domain":"x","prior":0.3+0.4*((i*7919)%100)/100,"statement":f"holds {i}"} for i in range(n)]
    rel=[{"kind":"supports","source":f"a.n{i}","target":f"a.n{(i-1)//4}","odds_ratio":3.0} for i in range(1,n)]
    ev=[{"type":f"t","summary":"saw","source":"data.by","bears_on":[{"attribute":f"a.n{i}","log_likelihood_ratio":"double(data.llr)","when":f"data.i == {i}"} for i in range(0,n,17)]}]
    return Catalog.model_validate({"catalog":"wide","version":"1.0.0","attributes":attrs,"relations":rel,"events":ev})
async def main():
    clock=StoppedClock(datetime(2027,1,1,tzinfo=UTC))
    with LocalNeo4j(Path(tempfile.mkdtemp())/'n',bolt_port=0,http_port=0) as e:
        async with connected(e.uri,e.user,e.password) as g:
            await migrate(g,clock)
            kr=Keyring(Path(tempfile.mkdtemp()))
            for which in ('story','wide','known'):
                caller=Caller(actor='a',tenant=which,scopes=('read','write','correct','define','erase'),purpose='p')
                w=World(g,kr,clock,caller)
                if which=='story':
                    st=load_story()
                    [await w.book.publish(caller, k) for k in st.catalogs]
                    evs=list(st.events)
                else:
                    await w.book.publish(caller, wide())
                    r=random.Random(1)
                    evs=[Event(id=str(i),source='s',type='t',twin=f't{i if which=="wide" else i%3}',time=datetime(2026,1,1,tzinfo=UTC)+timedelta(hours=i),data={'i':r.choice(range(0,850,17)),'llr':r.choice([1.0,-.7,.5]),'by':'x'}) for i in range(100)]
                count.clear()
                for x in evs:
                    await w.intake.observe(caller,[x])
                print(which,len(evs),{k:round(v/len(evs),2) for k,v in count.items()})

asyncio.run(main())
