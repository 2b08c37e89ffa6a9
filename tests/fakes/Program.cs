using JobAdmin.Fakes;

var make = args is [var kind, ..] ? kind switch
{
    "BioAgents" => () => new FakeBioAgents(),
    "Conveyor" => () => new FakeConveyor(),
    "Openinary" => () => new FakeOpeninary(),
    "FifthElement" => () => new FakeFifthElement(),
    "Mcrit" => () => new FakeMcrit(),
    _ => (Func<IFakeApi>?)null,
} : null;
if (make is null)
{
    Console.Error.WriteLine("usage: JobAdmin.Fakes BioAgents|Conveyor|Openinary|FifthElement|Mcrit");
    return 1;
}

await new FakeHost(make).RunAsync();
return 0;
