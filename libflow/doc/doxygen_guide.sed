# What the guide links to outside its folder is not among the pages: only the words stay.
s|\[\([^]]*\)\](\.\./[^)]*)|\1|g
