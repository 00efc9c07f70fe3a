using System.Text.Json;

namespace Osism.Cli.Formats;

/// <summary>A column of a listing.</summary>
/// <param name="Title">Its head in a table; in CSV it is written in lower case with <c>_</c> for blanks.</param>
/// <param name="Text">What a row, as the API gave it, shows in it; null = nothing.</param>
/// <param name="Fixed">Whether it is never cut to fit the screen: ids are to be copied.</param>
/// <param name="Colour">Colour of a cell on a terminal that shows colours.</param>
/// <param name="Spare">Whether a table that does not fit the screen goes without it before anything is cut.</param>
internal sealed record Column(string Title, Func<JsonElement, string?> Text, bool Fixed = false, Func<JsonElement, Colour>? Colour = null, bool Spare = false);

/// <summary>Colours by their SGR number (ECMA-48 §8.3.117).</summary>
internal enum Colour
{
    None = 0,
    Red = 31,
    Green = 32,
    Yellow = 33,
    Cyan = 36,
}
