using System.Collections.Concurrent;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace JobAdmin.Client.BullMq;

/// <summary>A Lua script and its SHA-1.</summary>
internal sealed class LuaScript
{
    public LuaScript(string name, string text)
    {
        Name = name;
        Text = text;
        Sha = Convert.ToHexString(SHA1.HashData(Encoding.UTF8.GetBytes(text))).ToLowerInvariant();
    }

    public string Name { get; }

    public string Text { get; }

    public string Sha { get; }
}

/// <summary>The embedded scripts: ours, BullMQ's, and BullMQ's wrapped so that one call takes many ids.</summary>
internal static class ScriptCatalog
{
    private static readonly ConcurrentDictionary<string, LuaScript> Scripts = new(StringComparer.Ordinal);

    /// <summary>What a queue's settings say of the library whose scripts these are.</summary>
    /// <param name="major">BullMQ's major version.</param>
    public static string Library(int major) => $"bullmq:{Read($"lua/{major}/version")}";

    /// <summary>One of our own.</summary>
    public static LuaScript Own(string name) => Scripts.GetOrAdd(name, static n => new LuaScript(n, Read($"lua/own/{n}.lua")));

    /// <summary>One of our own that reads jobs, behind the parts that they share.</summary>
    public static LuaScript Reader(string name) =>
        Scripts.GetOrAdd("reader " + name, static n => new LuaScript(n, Reading + Read($"lua/own/{n[7..]}.lua")));

    /// <summary>One of our own that reads what parents have noted of their children.</summary>
    public static LuaScript OfChildren(string name) => Scripts.GetOrAdd("children " + name, static n => new LuaScript(n, Read("lua/own/child-keys.lua") + Read($"lua/own/{n[9..]}.lua")));

    /// <summary>The one that reads jobs whole, which can take so long that it has to look at the clock.</summary>
    public static LuaScript Export() => Scripts.GetOrAdd("export", static n => new LuaScript(n, Read("lua/own/clock.lua") + Reading + Read("lua/own/export.lua")));

    /// <summary>One of BullMQ's as it is.</summary>
    /// <param name="major">BullMQ's major version.</param>
    /// <param name="name">Its name with the number of keys, as in the package (<c>pause-7</c>): a call with another number of keys is a mistake here.</param>
    public static LuaScript BullMq(int major, string name) =>
        Scripts.GetOrAdd($"{major}/{name}", static n => new LuaScript(n, Read($"lua/{n}.lua")));

    /// <summary>One of our own that deletes jobs with BullMQ's shared functions of one version, behind the part that reads and filters jobs.</summary>
    public static LuaScript Deletion(int major, string name) => Scripts.GetOrAdd($"{major}:{name}",
        static n => new LuaScript(n, Read("lua/own/clock.lua") + Read("lua/own/job-fields.lua") + WaitingList + Read("lua/own/gather.lua") + Read($"lua/{n.Replace(':', '/')}.lua")));

    /// <summary>One of our own that stands on BullMQ's shared functions of one version, behind the part that reads and filters jobs.</summary>
    public static LuaScript PerVersion(int major, string name) => Scripts.GetOrAdd($"{major}:{name}",
        static n => new LuaScript(n, Read("lua/own/job-fields.lua") + WaitingList + Read($"lua/{n.Replace(':', '/')}.lua")));

    /// <summary>One of our own that judges orphans, behind the parts that they share.</summary>
    public static LuaScript Orphans() => Scripts.GetOrAdd("orphans", static _ => new LuaScript("orphans", Read("lua/own/orphan-parts.lua") + Read("lua/own/orphans.lua")));

    /// <summary>One of our own that deletes what no job stands behind.</summary>
    public static LuaScript Rest() => Scripts.GetOrAdd("rest", static _ => new LuaScript("rest", Read("lua/own/orphan-parts.lua") + Read("lua/own/rest.lua")));

    /// <summary>The one that deletes them, with BullMQ's shared functions of one version.</summary>
    public static LuaScript DropOrphans(int major) => Scripts.GetOrAdd($"{major}:drop-orphans",
        static (n, m) => new LuaScript(n, Read("lua/own/orphan-parts.lua") + WaitingList + Read($"lua/{m}/drop-orphans.lua")), major);

    /// <summary>One of BullMQ's as a function <c>bullmq(KEYS, ARGV)</c>, followed by our loop over ids, so that many go out in one call with the same meaning.</summary>
    /// <param name="major">BullMQ's major version.</param>
    /// <param name="name">Its name with the number of keys.</param>
    /// <param name="loop">Our loop.</param>
    /// <param name="inLots">Whether what the function does to the first plain job is done to the others together.</param>
    public static LuaScript Loop(int major, string name, string loop, bool inLots = false) => Scripts.GetOrAdd($"{loop}({major}/{name})", key => new LuaScript(key, string.Concat(
        [Outcomes, Read("lua/own/clock.lua"), WaitingList, Read("lua/own/loop-head.lua"), AsFunction(Read($"lua/{major}/{name}.lua")), inLots ? Read("lua/own/in-lots.lua") : "", Read($"lua/own/{loop}.lua")])));

    /// <summary>Several of BullMQ's, each as a function of its own name, followed by one of ours that calls them: what they do together is done at once.</summary>
    /// <param name="major">BullMQ's major version.</param>
    /// <param name="names">Their names with the number of keys.</param>
    /// <param name="own">Ours.</param>
    public static LuaScript Together(int major, IReadOnlyList<string> names, string own) => Scripts.GetOrAdd($"{own}({major}/{string.Join(',', names)})", key =>
    {
        var text = new StringBuilder(Outcomes).Append(WaitingList).Append("local redis = setmetatable({ call = toParents(redis.call) }, { __index = redis })\n");
        foreach (var name in names)
        {
            text.Append("local function ").Append(name.AsSpan(0, name.LastIndexOf('-'))).Append("(KEYS, ARGV)\n").Append(Read($"lua/{major}/{name}.lua")).Append("\nend\n");
        }

        return new LuaScript(key, text.Append(Read($"lua/own/{own}.lua")).ToString());
    });

    /// <summary>One of BullMQ's that changes many jobs in one call, as a function <c>bullmq(KEYS, ARGV)</c>, followed by one of ours that calls it and tells how long it took.</summary>
    /// <param name="major">BullMQ's major version.</param>
    /// <param name="name">Its name with the number of keys.</param>
    /// <param name="own">Ours.</param>
    public static LuaScript Bulk(int major, string name, string own) => Scripts.GetOrAdd($"{own}({major}/{name})", key => new LuaScript(key,
        string.Concat(Read("lua/own/clock.lua"), WaitingList, AsFunction(Read($"lua/{major}/{name}.lua")), Read($"lua/own/{own}.lua"))));

    /// <summary>A script as a function. Its own functions are made once, not for each job, where the build has found that nothing before its mark looks at keys
    /// and arguments.</summary>
    private static string AsFunction(string script)
    {
        const string Mark = "\n-- main\n";
        var main = script.IndexOf(Mark, StringComparison.Ordinal);
        return main < 0 ? $"local function bullmq(KEYS, ARGV)\n{script}\nend\n"
            : $"local bullmq\ndo\n{script[..main]}\nbullmq = function(KEYS, ARGV)\n{script[main..]}\nend\nend\n";
    }

    private static string Reading => IsJob + Read("lua/own/job-fields.lua") + Read("lua/own/set-walk.lua");

    private static string Outcomes => IsJob + Read("lua/own/outcomes.lua");

    private static string WaitingList => Read("lua/own/waiting-list.lua");

    private static string IsJob => Read("lua/own/is-job.lua");

    private static string Read(string resource)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The script {resource} is not embedded.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
