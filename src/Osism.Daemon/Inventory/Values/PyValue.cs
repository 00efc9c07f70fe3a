using System.Numerics;

namespace Osism.Daemon.Inventory.Values;

/// <summary>A value as Ansible's Python holds it. Immutable, and shared by everything that refers to it.</summary>
/// <remarks>Equality is that of Python's dictionary keys: <c>1 == 1.0 == True</c>.</remarks>
internal abstract class PyValue
{
    /// <summary>What stands in the way of writing it as JSON, in itself or anything in it.</summary>
    public virtual JsonObstacle Obstacle => JsonObstacle.None;

    /// <summary>Python's truth value.</summary>
    public virtual bool IsTrue => true;

    /// <summary>Whether it may be the key of a dictionary.</summary>
    public virtual bool IsHashable => true;

    /// <summary>Name of the type, for messages.</summary>
    public abstract string TypeName { get; }
}

/// <summary>What Python's JSON encoder makes of a value.</summary>
internal enum JsonObstacle
{
    None,

    /// <summary>Keys that cannot be compared with one another: nothing in the whole document is sorted then.</summary>
    Unsortable,

    /// <summary>A value or key that JSON does not have: there is no output at all.</summary>
    Unwritable,
}

internal sealed class PyNone : PyValue
{
    public static readonly PyNone Value = new();

    public override bool IsTrue => false;

    public override string TypeName => "NoneType";
}

internal sealed class PyBool : PyValue
{
    public static readonly PyBool True = new(true);
    public static readonly PyBool False = new(false);

    private PyBool(bool value) => Value = value;

    public bool Value { get; }

    public override bool IsTrue => Value;

    public override string TypeName => "bool";

    public static PyBool Of(bool value) => value ? True : False;

    public override bool Equals(object? obj) => PyNumber.Equal(this, obj);

    public override int GetHashCode() => PyNumber.Hash(Value ? 1 : 0);
}

internal sealed class PyInt(BigInteger value) : PyValue
{
    public BigInteger Value { get; } = value;

    public override bool IsTrue => !Value.IsZero;

    public override string TypeName => "int";

    public override bool Equals(object? obj) => PyNumber.Equal(this, obj);

    public override int GetHashCode() => PyNumber.Hash((double)Value);
}

internal sealed class PyFloat(double value) : PyValue
{
    public double Value { get; } = value;

    public override bool IsTrue => Value != 0;

    public override string TypeName => "float";

    public override bool Equals(object? obj) => PyNumber.Equal(this, obj);

    public override int GetHashCode() => PyNumber.Hash(Value);
}

/// <param name="value">May hold lone surrogates U+DC80 to U+DCFF: bytes that were not UTF-8.</param>
/// <param name="isUnsafe">Made by <c>!unsafe</c>: never a template.</param>
internal sealed class PyText(string value, bool isUnsafe = false) : PyValue
{
    public string Value { get; } = value;

    public bool IsUnsafe { get; } = isUnsafe;

    public override bool IsTrue => Value.Length > 0;

    public override string TypeName => "str";

    public override bool Equals(object? obj) => obj is PyText other && Value == other.Value;

    public override int GetHashCode() => Value.GetHashCode(StringComparison.Ordinal);
}

/// <summary>A text that <c>ansible-vault</c> encrypted, as it stands in a file. It is opened only where somebody must see it.</summary>
internal sealed class PyVault(string ciphertext) : PyValue
{
    public string Ciphertext { get; } = ciphertext;

    /// <summary>Its hash is that of its content, which nobody knows without the password.</summary>
    public override bool IsHashable => false;

    public override string TypeName => "AnsibleVaultEncryptedUnicode";
}

internal sealed class PyBytes(byte[] value) : PyValue
{
    public byte[] Value { get; } = value;

    public override JsonObstacle Obstacle => JsonObstacle.Unwritable;

    public override bool IsTrue => Value.Length > 0;

    public override string TypeName => "bytes";

    public override bool Equals(object? obj) => obj is PyBytes other && Value.AsSpan().SequenceEqual(other.Value);

    public override int GetHashCode() => Value.Length;
}

/// <summary>Values that only a literal of an INI file can make and nothing can show as JSON: complex numbers and <c>...</c>.</summary>
internal sealed class PyOpaque(string typeName, string text) : PyValue
{
    public string Text { get; } = text;

    public override JsonObstacle Obstacle => JsonObstacle.Unwritable;

    public override string TypeName => typeName;

    public override bool Equals(object? obj) => obj is PyOpaque other && Text == other.Text;

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);
}

/// <summary>Comparison of numbers of all kinds.</summary>
internal static class PyNumber
{
    public static bool IsNumber(object? value) => value is PyBool or PyInt or PyFloat;

    public static bool Equal(PyValue number, object? other)
    {
        if (!IsNumber(other))
            return false;
        if (number is PyFloat or PyBool && other is PyFloat)
            return ToDouble(number) == ToDouble((PyValue)other);
        return Compare(number, (PyValue)other!) == 0;
    }

    /// <summary>Order of two numbers; NaN is taken for equal to everything.</summary>
    public static int Compare(PyValue left, PyValue right)
    {
        if (left is not PyFloat && right is not PyFloat)
            return ToInteger(left).CompareTo(ToInteger(right));
        var (a, b) = (ToDouble(left), ToDouble(right));
        return a < b ? -1 : a > b ? 1 : 0;
    }

    public static int Hash(double value) => value.GetHashCode();

    private static BigInteger ToInteger(PyValue number) => number is PyInt integer ? integer.Value : number.IsTrue ? BigInteger.One : BigInteger.Zero;

    private static double ToDouble(PyValue number) => number is PyFloat real ? real.Value : (double)ToInteger(number);
}
