namespace Osism.Tests.Inventory.Differential;

/// <summary>Inventories for one rule each. Files begin with <c>@NAME</c> on a line of their own.</summary>
internal static class HandMadeCases
{
    private const string Tree = """
        @hosts
        loose
        [web]
        w[1:3]
        [db]
        d1
        [site:children]
        web
        db
        [web:vars]
        from=ini
        only_ini=1

        """;

    public static readonly IReadOnlyDictionary<string, string> All = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        // INI: hosts, ranges, ports
        ["ranges"] = "@hosts\nweb[1:3]\ndb[01:10:3]\nn[a:e:2]\nx[A:C]\nboth[1:2]-[a:b]\n[g]\nabc[z:Z]\n10.0.0.[1:3]\nf[008:011]\n",
        ["range that is empty"] = "@hosts\n[g]\nweb[3:1]\nh1\n",
        ["range without begin"] = "@hosts\nweb[:3]\n",
        ["range without end"] = "@hosts\nweb[1:]\n",
        ["range with unequal zeros"] = "@hosts\nweb[01:100]\n",
        ["range of letters backwards"] = "@hosts\nweb[c:a]\n",
        ["range with step 0"] = "@hosts\nweb[1:3:0]\n",
        ["range with several letters"] = "@hosts\nweb[ab:d]\n",
        ["range that steps backwards"] = "@hosts\nweb[5:1:-1]\n",
        ["ports"] = "@hosts\na:22\n[::1]:2222\nfe80::1\n10.0.0.1:80 x=1\nb:0\nc[1:2]:99\n[g]\na:23\n",
        ["colon at the end"] = "@hosts\na:\n",
        ["yaml mark as host"] = "@hosts\n---\n",
        ["odd names of hosts"] = "@hosts\n'a b' x=1\na\\ c x=2\né x=3\nx/y\n_u\n-d\na..b\n\"q\\\"r\" z=1\n",
        ["empty name"] = "@hosts\n'' a=1\n",
        // INI: values
        ["typed values"] = "@hosts\nh a=1 b=01 c=1.5 d=True e=true f=None g=null i=[1,2] j=\"{'k': 1}\" k=1,2 l='\"5\"' m=0x1f n=1e3 o=1_000 p= q=a=b r=-1 s=+1 t=--1 u=1j2\n",
        ["typed values in a section"] = "@hosts\n[g]\nh\n[g:vars]\na=1 # c\nb = yes\nc= {'x': [1, (2, 3)]}\nd=\"quoted # text\"\ne=1,\nf=()\ng='a' 'b'\ni=u'x'\nj=b'bytes'\nk=r'\\d'\nl=\"\\x41\\u00e9\"\nm=00\nn=007\no=09.5\np=1.\nq=.5\nr=1e400\ns=-0.0\nt=1 2\n",
        ["sections are strings unless python"] = "@hosts\n[g]\nh\n[g:vars]\na=FALSE\nb=False\nc={{ x }}\nd={{ 'x' }}\n",
        ["set in a template"] = "@hosts\nh a=\"{{ 'x' }}\"\n",
        ["complex number"] = "@hosts\nh a=1+2j\n",
        ["quotes and comments"] = "@hosts\nh a='x y' b=\"x#y\" c=x#y d=x\\ y e='a'\"b\" # end x=1\ni #c\n",
        ["quotes not closed"] = "@hosts\nh a='x\n",
        ["backslash at the end"] = "@hosts\nh a=x\\\n",
        ["word without equals"] = "@hosts\nh a=1 b\n",
        ["variable without equals"] = "@hosts\n[g:vars]\na\n[g]\n",
        ["empty key"] = "@hosts\nh =x\n[g]\nh\n[g:vars]\n=y\n",
        ["comments and blanks"] = "@hosts\n# c\n; d\n   \n\th1\n  [g]  # c\n  h2  \n[k]#x\nh3\n[l];x\n",
        ["other line ends"] = "@hosts\r\n[g]\r\nh1\r\nh2\rh3\u2028h4\u000bh5\u0085h6\n",
        ["byte order mark"] = "@hosts\n\ufeff[g]\nh1\n",
        ["not utf-8"] = "@hosts\n# \udce9\n[g]\nh1 a=\udcfc\nh\udcff\n",
        // INI: groups
        ["children before their groups"] = "@hosts\n[a:children]\nb\nc\n[c:children]\nd\n[b]\nh1\n[d]\nh2\n[c:vars]\nx=1\n",
        ["group that is not defined"] = "@hosts\n[a]\nh1\n[b:children]\na\nnosuch\n[c]\nh2\n@other\n[o]\nh3\n",
        ["only source with an undefined group"] = "@hosts\nh0\n[a]\nh1\n[b:children]\na\nnosuch\n",
        ["variables of an undefined group"] = "@hosts\n[a]\nh1\n[nosuch:vars]\nx=1\n",
        ["variables before the group"] = "@hosts\n[a:vars]\nx=1\n[a]\nh1\n",
        ["pending child with variables only"] = "@hosts\n[a:children]\nb\n[b:vars]\nx=1\n",
        ["unknown section"] = "@hosts\n[a]\nh1\n[a:nosuch]\nx\n",
        ["blank in a section"] = "@hosts\n[a b]\nh1\n",
        ["empty section"] = "@hosts\n[]\nh1\n",
        ["section with a word behind"] = "@hosts\n[a] x\nh1\n",
        ["colon in a child"] = "@hosts\n[a:children]\nb:c\n",
        ["circle"] = "@hosts\n[a:children]\nb\n[b:children]\nc\n[c:children]\na\n[c]\nh\n",
        ["group in itself"] = "@hosts\n[a:children]\na\n",
        ["all in a group"] = "@hosts\n[a:children]\nall\n[a]\nh\n",
        ["all and ungrouped written out"] = "@hosts\nh1\n[all]\nh2\n[ungrouped]\nh3\n[a]\nh3\nh4\n[all:vars]\nx=1\n[ungrouped:vars]\ny=2\n",
        ["ungrouped as a child"] = "@hosts\nh1\nh2\n[a]\nh1\n[b:children]\nungrouped\n[b:vars]\nz=1\n",
        ["host and group of one name"] = "@hosts\n[a]\nb x=1\nh\n[b]\nh y=2\n",
        ["hosts called like a group without others"] = "@hosts\n[all]\nb\n[b]\n",
        ["host called all"] = "@hosts\nall\nh1\n",
        ["priority"] = "@hosts\n[a]\nh\n[b]\nh\n[a:vars]\nansible_group_priority=10\nx=a\n[b:vars]\nx=b\n",
        ["priority as text"] = "@hosts\n[a]\nh\n[a:vars]\nansible_group_priority=' 5 '\nx=a\n",
        ["priority that is none"] = "@hosts\n[a]\nh\n[a:vars]\nansible_group_priority=high\nx=a\n",
        ["depth and name"] = "@hosts\n[z:children]\nm\n[m]\nh\n[a]\nh\n[b]\nh\n[z:vars]\nx=z\ny=z\n[m:vars]\nx=m\n[a:vars]\nx=a\ny=a\nw=a\n[b:vars]\nw=b\n",
        ["localhost"] = "@hosts\nlocalhost ansible_connection=ssh\n127.0.0.1\nh1\n",
        ["odd names of groups"] = "@hosts\n[a-b]\nh1\n[1x]\nh2\n[é]\nh3\n[a.b.c]\nh4\n[_meta]\nh5\n",
        ["section twice"] = "@hosts\n[a]\nh1 x=1\n[b]\nh2\n[a]\nh3\nh1 x=2 y=3\n",
        ["empty file"] = "@hosts\n",
        // YAML sources
        ["yaml tree"] = "@hosts.yml\nall:\n  vars: {a: 1}\n  hosts:\n    h0:\n  children:\n    web:\n      hosts:\n        w[1:3]: {b: 2}\n        x:22: \n      vars:\n        c: 3\n    db:\n",
        ["yaml with texts for dictionaries"] = "@hosts.yml\na:\n  hosts: h1\n  children: b\n  vars: v\n",
        ["yaml with lists"] = "@hosts.yml\na:\n  hosts:\n    - h1\n",
        ["yaml with numbers as hosts"] = "@hosts.yml\na:\n  hosts:\n    h1:\n    5:\n",
        ["yaml with a number as group"] = "@hosts.yml\na:\n  hosts: {h1: }\n5:\n  hosts: {h2: }\n",
        ["yaml with unknown keys"] = "@hosts.yml\na:\n  hosts: {h1: }\n  junk: {x: 1}\n  more: 5\n  none:\nb: 5\nc:\n",
        ["yaml child that is no group"] = "@hosts.yml\na:\n  hosts: {h1: }\n  children:\n    b: 5\n",
        ["yaml host with a text"] = "@hosts.yml\na:\n  hosts:\n    h1: 5\n",
        ["yaml list"] = "@hosts.yml\n- a\n- b\n",
        ["yaml that is text"] = "@hosts.yml\njust text\n",
        ["yaml empty"] = "@hosts.yml\n---\n",
        ["yaml plugin"] = "@hosts.yml\nplugin: nosuch.plugin\na: 1\n",
        ["yaml in a file without extension"] = "@hosts\na:\n  hosts:\n    h1: {x: 1}\n",
        ["yaml with an ini name"] = "@hosts.ini\na:\n  hosts:\n    h1:\n@hosts.conf\n[b]\nh2\n",
        ["json source"] = "@hosts.json\n{\"a\": {\"hosts\": {\"h1\": {\"x\": 1.50, \"y\": NaN}}, \"children\": {\"b\": null}}}\n",
        ["ini in a yaml name"] = "@hosts.yml\n[a]\nh1 x=1\n",
        ["yaml source with a port and a host of that name"] = "@a\nh1\n@b.yml\ng:\n  hosts:\n    h1:2222: {x: 1}\n    h2:2222:\n",
        // Folders of sources
        ["order of files"] = "@20-b\n[g]\nh x=20\n@10-a\n[g]\nh x=10\n@100-c\n[g]\nh y=100\n",
        ["files that are no sources"] = "@a\n[g]\nh1\n@b.txt\nh2\n@c~\nh3\n@.d\nh4\n@e.ini\nh5\n@f.cfg\nh6\n@g.md\nh7\n@h.retry\nh8\n@i.orig\nh9\n@vars_plugins/x\nh10\n@sub/inner\nh11\n@sub/group_vars/all.yml\na: 1\n@j.toml.bak\nh12\n",
        ["executable text"] = "@hosts*\n[g]\nh1\n",
        ["remark that looks like a program"] = "@hosts\n#!/usr/bin/ini\n[g]\nh1\n",
        // Variables
        ["group_vars and host_vars"] = Tree + "@group_vars/all.yml\na: all\n@group_vars/web.yml\na: web\nfrom: file\n@group_vars/site.yml\na: site\nb: site\n@host_vars/w1.yml\na: host\n@host_vars/w2\nb: host\n@host_vars/d1.json\n{\"j\": [1, 1.0, 1e5, null]}\n",
        ["folder before file"] = Tree + "@group_vars/web/main.yml\na: 1\n@group_vars/web.yml\na: 2\nb: 2\n@host_vars/w1.yaml\nc: 1\n@host_vars/w1.json\n{\"c\": 2}\n",
        ["files in a folder"] = Tree + "@group_vars/all/10.yml\na: 10\n@group_vars/all/9.yml\na: 9\n@group_vars/all/x/z.yml\na: z\nb: z\n@group_vars/all/plain\nc: 1\n@group_vars/all/k.txt\nd: 1\n@group_vars/all/.h.yml\ne: 1\n@group_vars/all/l.yml~\nf: 1\n@group_vars/all/s.d/y.yml\ng: 1\n@group_vars/all/B.yml\na: B\n",
        ["empty files of variables"] = Tree + "@group_vars/all.yml\n@group_vars/web.yml\n---\n@group_vars/db.yml\n[]\n@host_vars/w1.yml\n{}\n@host_vars/w2.yml\n# only this\n",
        ["variables that are a list"] = Tree + "@group_vars/web.yml\n- a\n",
        ["broken variables"] = Tree + "@host_vars/w2.yml\na: [1\n",
        ["broken variables of nobody"] = Tree + "@host_vars/nobody.yml\na: [1\n@group_vars/nobody.yml\n\t\n",
        ["variables not utf-8"] = Tree + "@host_vars/w1.yml\na: \udce9\n",
        ["group_vars is a file"] = Tree + "@group_vars\na: 1\n",
        ["duplicate keys"] = Tree + "@group_vars/all.yml\na: 1\nb: 2\na: 3\n",
        ["dictionaries"] = Tree + "@group_vars/all.yml\nd: {x: 1, n: {p: 1, q: [1]}}\n@group_vars/web.yml\nd: {y: 2, n: {q: [2]}}\n@group_vars/site.yml\nd: text\n@host_vars/w1.yml\nd: {z: 3, n: {p: 4}}\n@host_vars/w2.yml\nd: 5\n",
        ["internal names"] = Tree + "@group_vars/all.yml\ninventory_dir: x\ngroups: y\nomit: z\nplaybook_dir: p\nansible_version: 1\nkept: 1\n",
        // YAML 1.1
        ["yaml types"] = Tree + "@group_vars/all.yml\na: [yes, No, on, OFF, y, n, true, TRUE, ~, null, Null, '', nULL]\nb: [0, 017, 0o17, 0x1F, 0b101, 1_000, 08, +5, -0, 1:30, 190:20:30, 1:60, 12345678901234567890123]\nc: [1.5, 1., .5, -.5, 1e3, 1.5e3, 1.5e+3, 1.0e+16, 1.0e-5, .inf, -.INF, .nan, 1_0.5, 1:30.5, 0.1, 1.0e+22, 123456789.123456789]\nd: [2020-01-02, 2001-12-14t21:59:43.10-05:00, 2001-12-14 21:59:43.1234567 Z, 2001-12-14 21:59:43, 2001-1-1, 2001-1-1 1:00:00]\n",
        ["yaml date that is none"] = Tree + "@group_vars/all.yml\na: 2020-13-45\n",
        ["yaml texts"] = Tree + "@group_vars/all.yml\na: \"tab\\t nl\\n é\\u00e9 \\U0001F600 \\x01 \\\"q\\\"\"\nb: 'it''s'\nc: |\n  x\n   y\n\n  z\nd: >-\n  f\n  g\n\n  h\ne: |+\n  k\n\nf: plain\n  more\ng: \"a\\\n  b\"\nh: \u007f \\ / é 😀\n",
        ["yaml merge keys"] = Tree + "@group_vars/all.yml\nbase: &b {x: 1, y: 2}\nother: &o {x: 9, z: 3}\none:\n  <<: *b\n  y: 5\nmany:\n  w: 1\n  <<: [*b, *o]\n\"<<\": kept\n",
        ["yaml anchors"] = Tree + "@group_vars/all.yml\na: &x [1, 2]\nb: *x\nc: {d: *x}\n",
        ["yaml anchor twice"] = Tree + "@group_vars/all.yml\na: &x 1\nb: &x 2\n",
        ["yaml holding itself"] = Tree + "@group_vars/all.yml\na: &x [*x]\n",
        ["yaml tags"] = Tree + "@group_vars/all.yml\na: !!str 5\nb: !!int '7'\nc: !!float 3\nd: ! '9'\ne: !!null x\nf: !!omap [p: 1, q: 2]\ng: !!pairs [p: 1, p: 2]\nh: !!bool 'yes'\n",
        ["yaml unknown tag"] = Tree + "@group_vars/all.yml\na: !nosuch 5\n",
        ["yaml set"] = Tree + "@group_vars/all.yml\na: !!set {x, y}\n",
        ["values that cannot be shown but are hidden"] = Tree + "@group_vars/all.yml\na: !!set {x}\nb: {1: x, y: z}\n@group_vars/site.yml\na: 1\nb: 2\n@host_vars/loose.yml\na: 3\nb: 4\ngroups: !!set {x}\n",
        ["yaml binary"] = Tree + "@group_vars/all.yml\na: !!binary aGk=\n",
        ["yaml keys of other types"] = Tree + "@group_vars/all.yml\n1: a\n2.5: b\ntrue: c\n",
        ["yaml keys that cannot be sorted"] = Tree + "@host_vars/d1.yml\n1: a\nx: b\n",
        ["yaml nested keys of other types"] = Tree + "@host_vars/d1.yml\nm: {1: a, 2: b, 1.5: c, yes: d}\nn: {~: a}\n",
        ["yaml date as key"] = Tree + "@host_vars/d1.yml\nm: {2020-01-01: a}\n",
        ["yaml several documents"] = Tree + "@group_vars/all.yml\na: 1\n---\nb: 2\n",
        ["yaml directives"] = Tree + "@group_vars/all.yml\n%YAML 1.1\n%TAG !e! tag:yaml.org,2002:\n---\na: !e!str 5\n...\n",
        ["yaml byte order mark"] = Tree + "@group_vars/all.yml\n\ufeffa: 1\n",
        ["yaml tabs"] = Tree + "@group_vars/all.yml\na:\t1\nb: [\t1,\t2 ]\n",
        ["yaml control character"] = Tree + "@group_vars/all.yml\na: x\u0007y\n",
        ["yaml flow oddities"] = Tree + "@group_vars/all.yml\na: {x:1, y: 2, z}\nb: [p: 1, q]\nc: {? k : v}\nd: [a:b]\n",
        ["json before yaml"] = Tree + "@group_vars/all.yml\n{\"a\": 1e5, \"b\": [true, null, 1.0, -0], \"a\": 2, \"c\": \"\\ud83d\\ude00\\u00e9\\/\"}\n",
        // Vault and unsafe
        ["inline vault without password"] = Tree + "@group_vars/all.yml\na: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n  6364\nl:\n  - !vault-encrypted x\n",
        ["json vault"] = Tree + "@group_vars/all.json\n{\"a\": {\"__ansible_vault\": \"text\"}, \"b\": {\"__ansible_unsafe\": \"{{ x }}\"}}\n",
        ["unsafe"] = Tree + "@group_vars/all.yml\na: !unsafe '{{ x }}'\nb: !unsafe {p: q, n: {m: 1}, l: [1]}\nc: !unsafe [x, [y]]\nd: !unsafe 5\n",
        ["whole file vault without password"] = Tree + "@group_vars/all.yml\n$ANSIBLE_VAULT;1.1;AES256\n6162\n",
        ["vault as source"] = "@hosts\n$ANSIBLE_VAULT;1.1;AES256\n6162\n@b\nh1\n",
        ["vault as key"] = Tree + "@group_vars/all.yml\n? !vault x\n: 1\n",
    };

    /// <summary>Takes the files of a case apart.</summary>
    public static Dictionary<string, string> Files(string text)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in ("\n" + text).Split("\n@")[1..])
        {
            var end = part.IndexOfAny(['\n', '\r']);
            var name = end < 0 ? part : part[..end];
            var content = end < 0 ? "" : part[end..].TrimStart('\r');
            files[name] = content.Length == 0 ? "" : content[1..] + "\n";
        }

        return files;
    }
}
