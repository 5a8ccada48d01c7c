using System.Globalization;

namespace OrleansAdapter.SocketIO.Protocol;

/// <summary>Writes times as JavaScript's <c>Date.toJSON</c> does, which knows more years than .NET.</summary>
internal static class IsoDate
{
    /// <summary>How far from 1970 JavaScript's dates go: 100,000,000 days.</summary>
    private const long LargestSecond = 8_640_000_000_000;

    private const int SecondsPerDay = 86_400;

    /// <param name="seconds">Since 1970.</param>
    /// <param name="nanoseconds">What comes to that. Written as milliseconds where it is a whole number of them.</param>
    /// <returns>The text; null for what is no date there.</returns>
    public static string? TryWrite(long seconds, int nanoseconds)
    {
        if (seconds is < -LargestSecond or > LargestSecond || (seconds == LargestSecond && nanoseconds > 0))
        {
            return null;
        }
        var second = (int)(((seconds % SecondsPerDay) + SecondsPerDay) % SecondsPerDay);
        var (year, month, day) = DateOf((int)((seconds - second) / SecondsPerDay));
        var years = year.ToString(year is >= 0 and <= 9999 ? "D4" : "+000000;-000000", CultureInfo.InvariantCulture);
        var fraction = nanoseconds % 1_000_000 == 0
            ? (nanoseconds / 1_000_000).ToString("D3", CultureInfo.InvariantCulture)
            : nanoseconds.ToString("D9", CultureInfo.InvariantCulture);
        return string.Create(
            CultureInfo.InvariantCulture, $"{years}-{month:D2}-{day:D2}T{second / 3600:D2}:{second / 60 % 60:D2}:{second % 60:D2}.{fraction}Z");
    }

    /// <summary>The date in the Gregorian calendar, whose years are taken to begin in March, so that the day that leap years have comes last.</summary>
    private static (int Year, int Month, int Day) DateOf(int daysSince1970)
    {
        const int daysIn400Years = 146_097;
        const int daysFromMarchOfYear0 = 719_468;

        var days = daysSince1970 + daysFromMarchOfYear0;
        var era = (days >= 0 ? days : days - (daysIn400Years - 1)) / daysIn400Years;
        var dayOfEra = days - (era * daysIn400Years);
        var yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        var dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        var monthFromMarch = ((5 * dayOfYear) + 2) / 153;
        var day = dayOfYear - (((153 * monthFromMarch) + 2) / 5) + 1;
        var month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
        return (yearOfEra + (era * 400) + (month <= 2 ? 1 : 0), month, day);
    }
}
