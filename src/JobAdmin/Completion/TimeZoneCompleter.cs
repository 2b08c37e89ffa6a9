namespace JobAdmin.Completion;

/// <summary>Completes time zones by the names that workers know.</summary>
public sealed class TimeZoneCompleter : WordCompleter
{
    internal override IEnumerable<(string Value, string Tip)> Words(string commandName) =>
        TimeZoneInfo.GetSystemTimeZones().Where(zone => zone.HasIanaId).Select(zone => (zone.Id, zone.DisplayName)).OrderBy(zone => zone.Id, StringComparer.OrdinalIgnoreCase);
}
